#include "tests/support/web_rig.hpp"

namespace esb::test {

net::HttpReply RecordingSite::on_request(const net::HttpRequest& request, ConstBytes body) {
    note(request);
    if (request.method == net::HttpMethod::post) bodies.emplace_back(as_text(body));
    if (request.path == "/big") return {.body = as_bytes(big), .gzip = true};
    if (request.path == "/list") return {.generated = true, .source = 7};
    return {.content_type = "text/html", .body = as_bytes("hello")};
}

net::HttpReply RecordingSite::on_foreign_host(const net::HttpRequest& request) {
    note(request);
    return {.status = 302, .body = as_bytes("go"), .location = "http://4.3.2.1/"};
}

std::size_t RecordingSite::on_more(std::uint32_t source, std::uint32_t& cursor, MutBytes out) {
    if (cursor == pieces || out.size() < 512) return 0;
    const std::string piece = std::to_string(source) + ":" + std::to_string(cursor++) + std::string(500, '.') + ";";
    copy(as_bytes(piece), out);
    return piece.size();
}

std::optional<net::HttpReply> RecordingSite::on_upload(const net::HttpRequest& request) {
    note(request);
    if (refuse_upload) return refuse_upload;
    ++uploads;
    uploaded.clear();
    return std::nullopt;
}

std::optional<net::HttpReply> RecordingSite::on_upload_piece(ConstBytes piece) {
    uploaded += as_text(piece);
    if (refuse_after && uploaded.size() > *refuse_after) return net::HttpReply{.status = 422};
    return std::nullopt;
}

net::HttpReply RecordingSite::on_upload_end() {
    ++ended;
    return {.body = as_bytes("stored")};
}

void RecordingSite::note(const net::HttpRequest& request) {
    constexpr std::string_view names[] = {"GET ", "HEAD ", "POST "};
    std::string text(names[static_cast<std::size_t>(request.method)]);
    text += request.path;
    if (!request.query.empty()) text.append("?").append(request.query);
    requests.push_back(std::move(text));
}

Phone::Phone(vchip::SimNetwork& network, std::uint8_t number, std::uint32_t realm)
    : world_(network.world()), sockets_(network, {realm, chip::IpAddress::v4(4, 3, 2, number)}, nullptr) {
    world_.add_step([this] { step(); });
}

void Phone::connect() {
    sockets_.close(socket_);
    socket_ = *sockets_.connect({portal_address, 80});
    sent_ = 0;
    over = false;
    ++connections;
}

void Phone::ask(std::string text) {
    received.clear();
    to_send = std::move(text);
    connect();
}

void Phone::hang_up() {
    sockets_.close(socket_);
    socket_ = chip::SocketId::none;
    over = true;
}

unsigned Phone::status() const {
    return received.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(received.substr(9, 3))) : 0;
}

std::optional<std::string> Phone::body() const {
    const auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    const auto rest = received.substr(end + 4);
    if (has("Transfer-Encoding: chunked")) return dechunked(rest);
    const auto length = received.find("Content-Length: ");
    if (length == std::string::npos) return over ? std::optional(rest) : std::nullopt;
    if (rest.size() < std::stoul(received.substr(length + 16))) return std::nullopt;
    return rest;
}

bool Phone::has(std::string_view header) const {
    const auto at = received.find("\r\n" + std::string(header));
    return at != std::string::npos && at < received.find("\r\n\r\n");
}

std::optional<std::string> Phone::dechunked(std::string_view text) {
    std::string body;
    for (;;) {
        const auto line = text.find("\r\n");
        if (line == std::string_view::npos) return std::nullopt;
        const auto size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
        if (text.size() < line + 2 + size + 2) return std::nullopt;
        if (size == 0) return body;
        body += text.substr(line + 2, size);
        text.remove_prefix(line + 2 + size + 2);
    }
}

void Phone::step() {
    if (socket_ == chip::SocketId::none || !sockets_.connected(socket_)) return;
    send();
    receive();
    if (!over) over_since_ = world_.now();
    if (over && reconnects && world_.now() >= over_since_ + cool_down) connect();
}

void Phone::send() {
    if (sent_ >= to_send.size() || over) return;
    const auto now = world_.now();
    if (pace > Duration::zero() && now < next_) return;
    const auto rest = std::string_view(to_send).substr(sent_);
    const auto taken = sockets_.send(socket_, as_bytes(pace > Duration::zero() ? rest.substr(0, 1) : rest));
    if (taken) sent_ += *taken;
    next_ = now + pace;
}

void Phone::receive() {
    std::array<std::uint8_t, 4096> buffer;
    while (reads && !over) {
        const auto got = sockets_.receive(socket_, buffer);
        if (!got && got.error() == errors::would_block) return;
        if (got && received.empty()) answered = world_.now();
        if (got)
            received += as_text(ConstBytes(buffer).first(*got));
        else
            over = true;
    }
}

Phone& WebRig::phone() {
    phones.push_back(std::make_unique<Phone>(network, static_cast<std::uint8_t>(10 + phones.size())));
    return *phones.back();
}

bool WebRig::run_until(const std::function<bool()>& done, Duration limit) {
    const Instant until = world.now() + limit;
    while (!done() && world.now() < until) {
        reactor.turn(std::min<Duration>(until - world.now(), std::chrono::milliseconds(10)));
        most_sockets = std::max(most_sockets, sockets.open_sockets());
    }
    return done();
}

void WebRig::run_for(Duration time) {
    run_until([] { return false; }, time);
}

Phone& WebRig::ask(std::string text, Duration limit) {
    auto& made = phone();
    made.ask(std::move(text));
    run_until([&] { return made.body().has_value() || made.over; }, limit);
    return made;
}

std::string get_request(std::string_view path, std::string_view more) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 4.3.2.1\r\n" + std::string(more) + "\r\n";
}

std::string json_post(std::string_view body, std::optional<std::size_t> length) {
    return "POST /api HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(length.value_or(body.size())) + "\r\n\r\n" + std::string(body);
}

std::string image_post(std::string_view body, std::optional<std::size_t> length) {
    return "POST /image HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: application/octet-stream\r\n"
           "Content-Length: " +
           std::to_string(length.value_or(body.size())) + "\r\n\r\n" + std::string(body);
}

}  // namespace esb::test
