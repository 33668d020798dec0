// SPDX-License-Identifier: Apache-2.0
// The values that sets hold: identifiers, ports, system calls, addresses and paths.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/interval_set.h"

namespace synpol {

__extension__ typedef unsigned __int128 u128;

using IdSet = IntervalSet<std::uint32_t>;   ///< uids or gids
using PortSet = IntervalSet<std::uint16_t>; ///< 0..65535
/// Keys of sp_syscall_key() in bpf/abi.h: (ABI, number). Only keys below syscall_keys are real.
using SyscallSet = IntervalSet<std::uint16_t>;
/// Keys of sp_transport_key(): protocol * 4 + TCP state. Only keys below 1024 are real.
using TransportSet = IntervalSet<std::uint16_t>;

/// An IPv4 or IPv6 address as one 128-bit number; IPv4 is ::ffff:a.b.c.d, so that a v4-mapped
/// IPv6 address is the IPv4 address (language.md section 3).
using Address = u128;
using AddressSet = IntervalSet<Address>;

constexpr Address v4_base = static_cast<Address>(0xffff) << 32;
constexpr bool is_v4(Address address) {
    return (address >> 32) == 0xffff;
}
constexpr Address from_v4(std::uint32_t address) {
    return v4_base | address;
}

/// Reads "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1". Leading zeros in IPv4 are errors. No
/// address, no zone, no port: nothing.
std::optional<Address> parse_address(std::string_view text);

/// Reads an address, "a/len" (host bits must be zero) or "a-b". An IPv6 prefix that contains the
/// v4-mapped block means IPv6 addresses only: the block is left out. `error` says why not.
std::optional<AddressSet> parse_address_range(std::string_view text, std::string& error);

/// Canonical text (RFC 5952; IPv4 in dotted form).
std::string to_string(Address address);
/// As prefixes where they fit, as ranges elsewhere: "10.0.0.0/8", "192.0.2.3-192.0.2.9".
std::string to_string(const Interval<Address>& interval);

std::array<std::uint8_t, 16> to_bytes(Address address); ///< network order
Address from_bytes(const std::uint8_t bytes[16]);

// ---- paths -----------------------------------------------------------------------------------

/// A glob as language.md section 3 defines it, already checked and with braces expanded.
/// `*` stays inside a segment, `/a/**` is the tree at /a with /a itself, `/**/name` is that name
/// anywhere. It starts with '/'.
struct Glob {
    std::string text;

    bool operator==(const Glob&) const = default;
    auto operator<=>(const Glob&) const = default;
};

/// The plain matcher, used by the reference evaluator. `path` is absolute and normalised.
bool matches(const Glob& glob, std::string_view path);
/// True when the glob has no wildcard: it is one path.
bool is_literal(const Glob& glob);

/// A set of paths: a boolean expression over globs, never enumerated. Immutable and shared.
class PathSet {
  public:
    enum class Kind { none, any, glob, unite, intersect, subtract };

    PathSet() : PathSet{none()} {}
    static PathSet none();
    static PathSet any();
    static PathSet glob(Glob glob);
    friend PathSet operator|(const PathSet& a, const PathSet& b);
    friend PathSet operator&(const PathSet& a, const PathSet& b);
    friend PathSet operator-(const PathSet& a, const PathSet& b);
    PathSet complement() const { return any() - *this; }

    bool contains(std::string_view path) const;
    Kind kind() const;
    const Glob& glob() const;    ///< Kind::glob
    const PathSet& left() const; ///< unite, intersect, subtract
    const PathSet& right() const;
    /// A canonical spelling; equal strings mean equal sets (not the other way round).
    const std::string& key() const;
    /// Size of the expression written out in full and its height, both saturating: what working
    /// with it may cost.
    std::size_t weight() const;
    std::size_t height() const;

    bool operator==(const PathSet& other) const { return key() == other.key(); }

  private:
    struct Node;
    explicit PathSet(std::shared_ptr<const Node> node) : node_{std::move(node)} {}
    std::shared_ptr<const Node> node_;
};

} // namespace synpol
