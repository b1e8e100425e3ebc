// One connection of the HTTP server: one request, one reply, then it is closed.
#pragma once

#include "esb/net/http_request.hpp"
#include "esb/net/reactor.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace esb::net {

struct HttpServerLimits {
    Duration head_timeout = std::chrono::seconds(5);     // from the connection to the end of the head, in all
    Duration body_timeout = std::chrono::seconds(10);    // of a JSON body, waiting for the buffer included
    Duration upload_silence = std::chrono::seconds(10);  // without a piece of an upload
    Duration upload_timeout = std::chrono::minutes(10);
    Duration send_timeout = std::chrono::seconds(30);      // of the reply
    Duration linger = std::chrono::seconds(1);             // after the reply, for the other side to close first
    // What a slow one has before another may take its place:
    Duration grace = std::chrono::seconds(1);              // an upload without a piece; a reply in all
    Duration send_grace = std::chrono::milliseconds(250);  // a reply of which nothing is taken
    Duration body_grace = std::chrono::milliseconds(250);  // who has the buffer of JSON bodies
    Duration upload_grace = std::chrono::seconds(3);       // an upload without a piece, when somebody else has one
    std::uint32_t upload_piece = 256;                      // bytes; fewer are no progress
};

class HttpConnection;

// What the connections of one server share.
struct HttpShared {
    Reactor& reactor;
    HttpSite& site;
    HttpServerLimits limits;
    HttpHosts hosts{};
    std::uint16_t port = http_default_port;
    MutBytes body{};  // one JSON body at a time
    HttpConnection* body_owner = nullptr;
    HttpConnection* uploader = nullptr;
};

// For HttpServer only.
class HttpConnection : private SocketOwner {
public:
    enum class Stage : std::uint8_t { unused, head, waiting, body, upload, sending, lingering };

    HttpConnection() = default;
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;
    ~HttpConnection() override { close(); }

    void attach(HttpShared& shared) { shared_ = &shared; }
    // Takes an accepted socket.
    void open(chip::SocketId socket);
    // At once and without a word.
    void close();
    // Answers with the error, if an answer still has a place.
    void refuse(const Error& why);
    // A waiting one takes the body's buffer, which must be free.
    void claim_body();
    // An upload that has stood still for so long that another may begin.
    bool upload_stands_still() const;

    // Ends what has taken too long.
    void step(Instant now);
    std::optional<Instant> deadline() const;

    Stage stage() const { return stage_; }
    // When the present stage began.
    Instant since() const { return since_; }
    // From when on another connection may take this one's place, and how gladly it is given: the lowest first.
    struct Yield {
        unsigned rank;
        Instant from;
    };
    Yield yield() const;

private:
    enum class Out : std::uint8_t { nothing, fixed, generated, done };

    void on_ready(bool readable, bool writable) override;
    void enter(Stage stage, Duration longest);
    void watch(bool read, bool write);
    void read_some();
    MutBytes room();
    void take(ConstBytes bytes);
    void take_head(ConstBytes bytes);
    void take_body(std::size_t size);
    void take_upload(ConstBytes bytes);
    void begin_request(ConstBytes rest);
    void begin_json(ConstBytes rest);
    void begin_upload(ConstBytes rest);
    void collect(MutBytes place);
    void ask_for_body();
    void release();
    void reply(const HttpReply& reply);
    void send_some();
    bool next_piece();
    void generate();
    void finish();

    HttpShared* shared_ = nullptr;
    chip::SocketId socket_ = chip::SocketId::none;
    Stage stage_ = Stage::unused;
    Out out_ = Out::nothing;
    bool is_head_ = false;          // a HEAD: the reply has no body
    bool framed_ = false;           // chunked
    bool ends_by_closing_ = false;  // for HTTP/1.0 the end of a generated body is the end of the connection
    Instant since_{};
    Instant until_{};      // of the stage
    Instant progress_{};   // of an upload or a reply: when the last piece went through
    std::uint32_t progress_at_ = 0;  // bytes of the upload by then
    std::uint32_t body_size_ = 0;
    std::uint32_t body_got_ = 0;
    std::uint32_t source_ = 0;  // of a generated body
    std::uint32_t cursor_ = 0;
    MutBytes body_;  // where the JSON body is collected
    ConstBytes fixed_;
    ConstBytes pending_;  // in io_ or fixed_, not yet sent
    HttpRequestParser parser_;
    std::array<std::uint8_t, 768> io_;  // what arrived, a small body whole; later what leaves
};

}  // namespace esb::net
