// SPDX-License-Identifier: Apache-2.0
#include "compiler/timeline_keys.h"

#include <fmt/format.h>

#include "compiler/transport.h"

namespace synpol {

namespace {

unsigned leading_bits(const KeyPattern& key, Address address) {
    return is_v4(address) ? 96u + key.prefix_v4 : key.prefix_v6;
}

Address low_bits(unsigned leading) {
    return leading == 0 ? ~Address{0} : leading >= 128 ? Address{0} : ~Address{0} >> leading;
}

KeyValue cut(const KeyPattern& key, const std::optional<Address>& address) {
    if (!address) return {};
    return *address & ~low_bits(leading_bits(key, *address));
}

template <typename Number>
KeyValue number(const std::optional<Number>& fact) {
    if (!fact) return {};
    return std::uint64_t{*fact};
}

KeyValue text(const std::optional<std::string>& fact) {
    if (!fact) return {};
    return *fact;
}

KeyValue source(const KeyPattern& key, const Moment& moment) {
    return cut(key, moment.attempt.flow.source);
}
KeyValue target(const KeyPattern& key, const Moment& moment) {
    return cut(key, moment.attempt.flow.target);
}
KeyValue port(const KeyPattern&, const Moment& moment) {
    return number(port_fact(moment.attempt.flow));
}
KeyValue user(const KeyPattern&, const Moment& moment) {
    return number(moment.attempt.subject.user);
}
KeyValue group(const KeyPattern&, const Moment& moment) {
    const auto& groups = moment.attempt.subject.groups;
    if (!groups || groups->empty()) return {};
    return std::uint64_t{groups->front()};
}
KeyValue exe(const KeyPattern&, const Moment& moment) {
    return text(moment.attempt.subject.exe);
}
KeyValue cgroup(const KeyPattern&, const Moment& moment) {
    return text(moment.attempt.subject.cgroup);
}
KeyValue process(const KeyPattern&, const Moment& moment) {
    return moment.process;
}

/// In the order of StateKey.
constexpr std::array<KeyValue (*)(const KeyPattern&, const Moment&), 8> readers = {
    source, target, port, user, group, exe, cgroup, process};

KeyValue syscall_value(const Moment& moment) {
    const auto& call = moment.attempt.syscall;
    return std::uint64_t{syscall_key(call.abi, call.number)};
}

} // namespace

bool is_known(const KeyValue& value) {
    return !std::holds_alternative<std::monostate>(value);
}

KeyValue key_value(const KeyPattern& key, const Moment& moment) {
    return readers[static_cast<std::size_t>(key.key)](key, moment);
}

KeyValue distinct_value(const Window& window, const Moment& moment) {
    // Two addresses of one /64 differ: only keys are cut.
    if (window.distinct) return key_value({*window.distinct, 32, 128}, moment);
    if (window.field == Window::Field::path) return text(moment.attempt.path);
    if (window.field == Window::Field::syscall) return syscall_value(moment);
    return {};
}

AddressSet addresses_of(const KeyPattern& key, Address value) {
    return AddressSet::range(value, value | low_bits(leading_bits(key, value)));
}

std::string to_string(const KeyPattern& key, const KeyValue& value) {
    if (const auto* address = std::get_if<Address>(&value))
        return to_string(addresses_of(key, *address).intervals().front());
    if (const auto* words = std::get_if<std::string>(&value)) return *words;
    if (const auto* id = std::get_if<std::uint64_t>(&value))
        return fmt::format("{} {}", name_of(key.key), *id);
    return fmt::format("unknown {}", name_of(key.key));
}

std::string time_text(std::uint64_t ns) {
    constexpr std::uint64_t millisecond = 1'000'000;
    constexpr std::uint64_t second = 1000 * millisecond;
    if (ns % second == 0) return fmt::format("{}s", ns / second);
    return fmt::format("{}ms", ns / millisecond);
}

} // namespace synpol
