#include "host/vchip/sim_resolver.hpp"

#include <algorithm>

namespace esb::vchip {

SimResolver::SimResolver(SimWorld& world, chip::Wake& wake, const StationLink* link)
    : world_(world), wake_(wake), link_(link) {
    world_.add_source(*this);
}

SimResolver::~SimResolver() { world_.remove_source(*this); }

void SimResolver::set(const std::string& host, Result<chip::IpAddress> answer, Duration delay) {
    table_.insert_or_assign(host, Record{answer, delay});
}

Result<chip::Resolver::Query> SimResolver::resolve(std::string_view host) {
    if (host.empty() || host.size() > chip::max_host_name) return fail(errors::invalid_argument);
    if (open_.size() == max_queries) return fail(errors::full);
    const auto literal = chip::parse_ipv4(host);
    const auto found = table_.find(host);
    const bool no_link = link_ != nullptr && !link_->carries();
    Record record{fail(errors::dns_not_found), Duration(5)};
    if (literal) {
        record = {*literal, Duration::zero()};
    } else if (no_link) {
        record = {fail(errors::dns_failed), Duration::zero()};
    } else if (found != table_.end()) {
        record = found->second;
    }
    open_.push_back({{++last_, record.answer}, world_.now() + record.delay});
    poll();
    return last_;
}

std::optional<chip::Resolver::Answer> SimResolver::next_answer() {
    const auto ready = [this](const Open& open) { return open.at <= world_.now(); };
    const auto found = std::find_if(open_.begin(), open_.end(), ready);
    if (found == open_.end()) return std::nullopt;
    const Answer answer = found->answer;
    open_.erase(found);
    return answer;
}

void SimResolver::cancel(Query query) {
    std::erase_if(open_, [query](const Open& open) { return open.answer.query == query; });
}

std::optional<Instant> SimResolver::due() const {
    std::optional<Instant> next;
    for (const Open& open : open_) {
        if (!open.announced) next = earliest(next, open.at);
    }
    return next;
}

void SimResolver::poll() {
    for (Open& open : open_) {
        if (open.announced || open.at > world_.now()) continue;
        open.announced = true;
        wake_.wake();
    }
}

}  // namespace esb::vchip
