// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/host_lookup.h"

#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

namespace synpol {
namespace {

Address address_of(const addrinfo& found) {
    if (found.ai_family == AF_INET) {
        sockaddr_in name{};
        std::memcpy(&name, found.ai_addr, sizeof name);
        return from_v4(ntohl(name.sin_addr.s_addr));
    }
    sockaddr_in6 name{};
    std::memcpy(&name, found.ai_addr, sizeof name);
    return from_bytes(name.sin6_addr.s6_addr);
}

Result<AddressSet> addresses_of(const std::string& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM; // else each address comes once for each kind of socket
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        return Error{fmt::format("looking {} up: {}", name, ::gai_strerror(error))}.with_help(
            "rules know addresses only: give the address instead of the name");
    }
    AddressSet addresses;
    for (const auto* one = found; one != nullptr; one = one->ai_next)
        if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
            addresses = addresses | AddressSet::single(address_of(*one));
    ::freeaddrinfo(found);
    return addresses;
}

} // namespace

Result<SandboxAddresses> look_up_hosts(const SandboxDocument& document) {
    SandboxAddresses addresses;
    for (const auto& host : hosts(document)) {
        if (addresses.contains(host.name)) continue;
        auto found = addresses_of(host.name);
        if (!found) return std::move(found.error());
        addresses.emplace(host.name, std::move(*found));
    }
    return addresses;
}

} // namespace synpol
