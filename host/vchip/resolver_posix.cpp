#include "host/vchip/resolver_posix.hpp"

#include "esb/base/trace.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

namespace esb::vchip {

using chip::IpAddress;

namespace {

IpAddress from_v4(const in_addr& from) {
    IpAddress address{IpAddress::Family::v4, {}};
    std::memcpy(address.bytes.data(), &from, 4);
    return address;
}

IpAddress from_v6(const in6_addr& from) {
    IpAddress address{IpAddress::Family::v6, {}};
    std::memcpy(address.bytes.data(), &from, 16);
    return address;
}

std::optional<IpAddress> literal(const std::string& host) {
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return from_v4(v4);
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return from_v6(v6);
    return std::nullopt;
}

// The first IPv4 address of a getaddrinfo list, else the first IPv6 one.
Result<IpAddress> choose(const addrinfo* list) {
    IpAddress found;
    for (const addrinfo* item = list; item != nullptr; item = item->ai_next) {
        if (item->ai_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, item->ai_addr, sizeof v4);
            return from_v4(v4.sin_addr);
        }
        if (item->ai_family == AF_INET6 && !found.is_set()) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, item->ai_addr, sizeof v6);
            found = from_v6(v6.sin6_addr);
        }
    }
    if (found.is_set()) return found;
    return fail(errors::dns_not_found);
}

}  // namespace

struct ThreadResolver::Shared {
    enum class Stage : std::uint8_t { waiting, asking, answered };
    struct Item {
        Query query = 0;
        std::string host;
        Instant since{};
        Stage stage = Stage::waiting;
        Result<IpAddress> address = fail(errors::dns_failed);
    };

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Item> items;  // at most max_queries; added and erased by the reactor's thread only, which may ask without
                              // the lock whether there are any
    Query last = 0;
    bool stop = false;
    chip::Wake* wake = nullptr;  // null once the resolver is gone
    Lookup lookup;

    Item* find(Query query) {
        const auto at = std::find_if(items.begin(), items.end(), [=](const Item& i) { return i.query == query; });
        return at == items.end() ? nullptr : &*at;
    }
    Item* find(Stage stage) {
        const auto at = std::find_if(items.begin(), items.end(), [=](const Item& i) { return i.stage == stage; });
        return at == items.end() ? nullptr : &*at;
    }
    void erase(Query query) {
        std::erase_if(items, [=](const Item& item) { return item.query == query; });
    }
    void run();
};

// The helper thread.
void ThreadResolver::Shared::run() {
    std::unique_lock lock(mutex);
    for (;;) {
        changed.wait(lock, [this] { return stop || find(Stage::waiting) != nullptr; });
        if (stop) return;
        Item* item = find(Stage::waiting);
        item->stage = Stage::asking;
        const Query query = item->query;
        const std::string host = item->host;
        lock.unlock();
        const auto address = lookup(host);
        lock.lock();
        item = find(query);
        // Canceled meanwhile, or given up on.
        if (item == nullptr || item->stage != Stage::asking) continue;
        item->address = address;
        item->stage = Stage::answered;
        if (wake != nullptr) wake->wake();
    }
}

ThreadResolver::ThreadResolver(const chip::Clock& clock, chip::Wake& wake, const StationLink* link, Lookup lookup)
    : clock_(clock), wake_(wake), link_(link), shared_(std::make_shared<Shared>()) {
    shared_->wake = &wake;
    shared_->lookup = std::move(lookup);
}

ThreadResolver::~ThreadResolver() {
    const std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
    shared_->wake = nullptr;
    shared_->changed.notify_all();
}

Result<IpAddress> ThreadResolver::ask_host(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (code == EAI_NONAME || code == EAI_NODATA) return fail(errors::dns_not_found, code);
    if (code != 0) return fail(errors::dns_failed, code);
    const auto chosen = choose(list);
    freeaddrinfo(list);
    return chosen;
}

Result<chip::Resolver::Query> ThreadResolver::resolve(std::string_view host) {
    if (host.empty() || host.size() > chip::max_host_name || host.find('\0') != std::string_view::npos) {
        return fail(errors::invalid_argument);
    }
    const std::lock_guard lock(shared_->mutex);
    if (shared_->items.size() == max_queries) return fail(errors::full);
    trace::event("net", "resolve", {{"host", host}});
    Shared::Item item;
    item.query = ++shared_->last;
    item.host = host;
    item.since = clock_.now();
    const auto address = literal(item.host);
    const bool no_link = link_ != nullptr && !link_->carries();
    if (address) item.address = *address;
    if (address || no_link) item.stage = Shared::Stage::answered;
    shared_->items.push_back(item);
    if (item.stage == Shared::Stage::answered) {
        wake_.wake();
        return item.query;
    }
    if (!thread_started_) std::thread([shared = shared_] { shared->run(); }).detach();
    thread_started_ = true;
    shared_->changed.notify_one();
    return item.query;
}

std::optional<chip::Resolver::Answer> ThreadResolver::next_answer() {
    if (shared_->items.empty()) return std::nullopt;
    poll();
    const std::lock_guard lock(shared_->mutex);
    const Shared::Item* item = shared_->find(Shared::Stage::answered);
    if (item == nullptr) return std::nullopt;
    const Answer answer{item->query, item->address};
    if (trace::on()) {
        trace::event("net", "resolved",
                     {{"host", item->host},
                      {"address", item->address ? chip::to_text(*item->address).view() : item->address.error().name()}});
    }
    shared_->erase(answer.query);
    return answer;
}

void ThreadResolver::cancel(Query query) {
    const std::lock_guard lock(shared_->mutex);
    shared_->erase(query);
}

std::optional<Instant> ThreadResolver::due() const {
    if (shared_->items.empty()) return std::nullopt;
    const std::lock_guard lock(shared_->mutex);
    std::optional<Instant> first;
    for (const auto& item : shared_->items) {
        if (item.stage != Shared::Stage::answered) first = earliest(first, item.since + longest);
    }
    return first;
}

// Gives up on what has taken too long.
void ThreadResolver::poll() {
    if (shared_->items.empty()) return;
    const std::lock_guard lock(shared_->mutex);
    for (auto& item : shared_->items) {
        if (item.stage == Shared::Stage::answered || clock_.now() < item.since + longest) continue;
        item.stage = Shared::Stage::answered;
        wake_.wake();
    }
}

}  // namespace esb::vchip
