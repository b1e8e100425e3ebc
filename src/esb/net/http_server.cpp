#include "esb/net/http_server.hpp"

#include <algorithm>

namespace esb::net {

using Stage = HttpConnection::Stage;

HttpServer::HttpServer(Reactor& reactor, HttpSite& site, const HttpServerLimits& limits)
    : shared_{.reactor = reactor, .site = site, .limits = limits} {
    for (auto& connection : connections_) connection.attach(shared_);
}

Status HttpServer::start(const chip::Endpoint& at, HttpHosts hosts, MutBytes body_memory) {
    if (listening()) return fail(errors::busy);
    const auto listener = shared_.reactor.sockets().listen(at, static_cast<int>(max_connections));
    if (!listener) return fail(listener.error());
    listener_ = *listener;
    shared_.hosts = hosts;
    shared_.port = at.port;
    shared_.body = body_memory;
    knocking_ = false;
    watching_ = true;
    auto watched = shared_.reactor.watch(listener_, *this, true, false);
    if (watched) watched = shared_.reactor.add(*this);
    if (!watched) stop();
    return watched;
}

void HttpServer::stop() {
    for (auto& connection : connections_) connection.close();
    shared_.reactor.remove(*this);
    if (!listening()) return;
    shared_.reactor.unwatch(listener_);
    shared_.reactor.sockets().close(listener_);
    listener_ = chip::SocketId::none;
}

bool HttpServer::idle() const {
    return std::all_of(connections_.begin(), connections_.end(), [](const HttpConnection& connection) {
        return connection.stage() == Stage::unused || connection.stage() == Stage::lingering;
    });
}

// Only noted here: the connections that are ready in this turn come first, so that nobody loses its place while its
// request lies there.
void HttpServer::on_ready(bool, bool) { knocking_ = true; }

void HttpServer::step(Instant now) {
    for (auto& connection : connections_) connection.step(now);
    pass_body_on(now);
    if (knocking_) accept_one(now);
    knocking_ = false;
    watch_listener(now);
}

// One a turn: each newcomer's request is read before the next one may take its place.
void HttpServer::accept_one(Instant now) {
    auto* place = free_connection();
    if (place == nullptr) {
        place = &connections_[next_to_yield()];
        if (now < place->yield().from) return;
        place->close();
        ++counters_.evicted;
    }
    const auto accepted = shared_.reactor.sockets().accept(listener_);
    if (!accepted) return;
    ++counters_.accepted;
    place->open(*accepted);
}

HttpConnection* HttpServer::free_connection() {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [](const HttpConnection& c) { return c.stage() == Stage::unused; });
    return found == connections_.end() ? nullptr : &*found;
}

// Among those that may yield now, or else will first: the lowest rank, then the oldest.
std::size_t HttpServer::next_to_yield() const {
    const Instant now = shared_.reactor.now();
    const auto before = [now](const HttpConnection& a, const HttpConnection& b) {
        const auto x = a.yield();
        const auto y = b.yield();
        const bool x_now = x.from <= now;
        const bool y_now = y.from <= now;
        if (x_now != y_now) return x_now;
        if (x_now && x.rank != y.rank) return x.rank < y.rank;
        return x.from < y.from;
    };
    const auto found = std::min_element(connections_.begin(), connections_.end(), before);
    return static_cast<std::size_t>(found - connections_.begin());
}

bool HttpServer::all_taken() const {
    return std::all_of(connections_.begin(), connections_.end(),
                       [](const HttpConnection& c) { return c.stage() != Stage::unused; });
}

HttpConnection* HttpServer::first_waiting() {
    HttpConnection* first = nullptr;
    for (auto& connection : connections_) {
        if (connection.stage() != Stage::waiting) continue;
        if (first == nullptr || connection.since() < first->since()) first = &connection;
    }
    return first;
}

// The buffer of the JSON bodies goes to who has waited longest; a slow owner loses it after its grace.
void HttpServer::pass_body_on(Instant now) {
    auto* const waiting = first_waiting();
    if (waiting == nullptr) return;
    auto* const owner = shared_.body_owner;
    if (owner != nullptr && now < owner->since() + shared_.limits.body_grace) return;
    if (owner != nullptr) owner->refuse(Error(errors::web_too_slow));
    waiting->claim_body();
}

// Watched only while there is a place: a listener that is ready and not accepted would never let the reactor wait.
void HttpServer::watch_listener(Instant now) {
    if (!listening()) return;
    const bool place = !all_taken() || connections_[next_to_yield()].yield().from <= now;
    if (place == watching_) return;
    if (!place) shared_.reactor.unwatch(listener_);
    watching_ = place ? shared_.reactor.watch(listener_, *this, true, false).has_value() : false;
}

std::optional<Instant> HttpServer::deadline() const {
    std::optional<Instant> due;
    bool waiting = false;
    for (const auto& connection : connections_) {
        due = earliest(due, connection.deadline());
        waiting = waiting || connection.stage() == Stage::waiting;
    }
    if (waiting) {
        // Free: given back by one that waited too, after the claims of this turn were made.
        const auto* owner = shared_.body_owner;
        due = earliest(due, owner != nullptr ? owner->since() + shared_.limits.body_grace : Instant::min());
    }
    if (!watching_ && all_taken()) due = earliest(due, connections_[next_to_yield()].yield().from);
    return due;
}

}  // namespace esb::net
