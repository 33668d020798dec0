// SPDX-License-Identifier: Apache-2.0
#include "compiler/prove_search.h"

#include <algorithm>

#include "compiler/dims.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

/// Pieces are at most exponential in the rules that meet; real policies need some thousands.
constexpr std::size_t pieces_max = 400'000;
constexpr std::size_t comparisons_max = 40'000'000;
constexpr std::size_t depth_max = 1000;

constexpr std::uint16_t tcp = 6 * 4;

template <typename Set>
Set at(const std::vector<Set>& pool, SetIndex index) {
    return pool[index];
}

// ---- the plainest value of a set ---------------------------------------------------------------

template <typename T>
T plainest(const IntervalSet<T>& set, std::initializer_list<T> preferred) {
    for (const T value : preferred)
        if (set.contains(value)) return value;
    return set.intervals().front().first;
}

AddressSet v4_addresses() {
    return AddressSet::range(from_v4(0), from_v4(0xffffffff));
}

AddressSet unspecified() {
    return AddressSet::single(from_v4(0)) | AddressSet::single(0);
}

/// The first address says most where the set has a beginning; one for examples where it has none.
Address plainest_address(const AddressSet& set, Address example_v4, Address example_v6) {
    const auto usable = set - unspecified();
    const auto v4 = usable & v4_addresses();
    const bool begins = !usable.contains(from_v4(1)) && !usable.contains(2);
    if (!begins) {
        const auto other_v4 = from_v4(0xcb007101); // 203.0.113.1
        if (set.contains(example_v4)) return example_v4;
        if (set.contains(other_v4)) return other_v4;
        if (v4.empty() && set.contains(example_v6)) return example_v6;
    }
    if (!v4.empty()) return v4.intervals().front().first;
    return (usable.empty() ? set : usable).intervals().front().first;
}

std::uint16_t plainest_transport(const TransportSet& set) {
    return plainest<std::uint16_t>(set, {tcp + SP_TCP_SYN, tcp + SP_TCP_ESTABLISHED, tcp, 17 * 4});
}

FlowFacts smallest_flow(Action action, const Product& product) {
    FlowFacts flow;
    flow.transport = plainest_transport(product.transports);
    constexpr auto documentation_v6 = Address{0x20010db8} << 96; // 2001:db8::/32
    if (is_packet(action))
        flow.source = plainest_address(product.source, from_v4(0xc0000201), documentation_v6 | 1);
    flow.target = plainest_address(product.target, from_v4(0xc6336401), documentation_v6 | 2);
    const bool has_port = transports_with_ports().contains(*flow.transport);
    flow.port = has_port ? plainest<std::uint16_t>(product.ports, {443, 80, 1}) : 0;
    return flow;
}

SyscallFacts smallest_call(const Product& product) {
    const auto key = product.syscalls.intervals().front().first;
    const unsigned number = key % syscalls_per_abi;
    SyscallFacts call{static_cast<Abi>(key / syscalls_per_abi), number, {}};
    for (std::size_t i = 0; i < argument_count; ++i)
        call.arguments[i] = product.arguments[i].smallest();
    return call;
}

TransportSet protocol(unsigned number, bool with_states) {
    const auto first = static_cast<std::uint16_t>(number * 4);
    const auto last = static_cast<std::uint16_t>(first + (with_states ? SP_TCP_ESTABLISHED : 0));
    return TransportSet::range(first, last);
}

/// Of one address family, which has no use for `foreign_icmp`.
Product possible_flows(Action action, const AddressSet& family, unsigned foreign_icmp) {
    constexpr unsigned tcp_protocol = 6;
    Product product;
    product.transports = {};
    for (unsigned number = 0; number < 256; ++number) {
        const bool states = is_packet(action) && number == tcp_protocol;
        if (number != foreign_icmp)
            product.transports = product.transports | protocol(number, states);
    }
    product.target = action == Action::connect ? family - unspecified() : family;
    if (is_packet(action)) product.source = family;
    return product;
}

Products possible_calls() {
    constexpr auto i386_first = static_cast<std::uint16_t>(syscalls_per_abi);
    const auto i386 = SyscallSet::range(i386_first, static_cast<std::uint16_t>(2 * i386_first - 1));
    Product wide;
    wide.syscalls = all_syscall_keys() - i386;
    Product narrow;
    narrow.syscalls = i386;
    narrow.arguments.fill(ArgumentSet::range(0, 0xffffffff));
    return {wide, narrow};
}

Products make_possible(Action action) {
    if (action == Action::syscall) return possible_calls();
    if (!has_flow(action)) return {Product{}};
    constexpr unsigned icmp = 1;
    constexpr unsigned icmp6 = 58;
    return {possible_flows(action, v4_addresses(), icmp6),
            possible_flows(action, v4_addresses().complement(), icmp)};
}

std::vector<Products> make_all_possible() {
    std::vector<Products> all;
    for (std::size_t i = 0; i < action_count; ++i)
        all.push_back(make_possible(static_cast<Action>(i)));
    return all;
}

} // namespace

const Products& possible_attempts(Action action) {
    static const auto all = make_all_possible();
    return all[static_cast<std::size_t>(action)];
}

// ---- regions -----------------------------------------------------------------------------------

namespace {

SubjectPart part_of(const BoxSet& boxes, const Box& box, const SubjectDims& dims) {
    SubjectPart part;
    part.users = at(boxes.users, box.sets[dims[0]]);
    part.groups = at(boxes.groups, box.sets[dims[1]]);
    part.exes = at(boxes.exes, box.sets[dims[2]]);
    part.cgroups = at(boxes.cgroups, box.sets[dims[3]]);
    part.lineage = at(boxes.lineages, box.sets[dims[4]]);
    return part;
}

} // namespace

Product RegionSearch::product_of(const BoxSet& boxes, const Box& box) const {
    Product product;
    product.subject = part_of(boxes, box, subject_dims);
    product.peer = part_of(boxes, box, peer_dims);
    product.syscalls = at(boxes.syscalls, box.sets[SP_DIM_SYSCALL]);
    product.transports = at(boxes.transports, box.sets[SP_DIM_TRANSPORT]);
    product.source = at(boxes.addresses, box.sets[SP_DIM_SOURCE]);
    product.target = at(boxes.addresses, box.sets[SP_DIM_TARGET]);
    product.ports = at(boxes.ports, box.sets[SP_DIM_PORT]);
    product.paths = at(boxes.paths, box.sets[dim_path]);
    product.members = at(boxes.members, box.sets[dim_member]);
    product.accounts = at(boxes.accounts, box.sets[dim_account]);
    for (std::size_t i = 0; i < argument_count; ++i)
        product.arguments[i] = at(boxes.arguments, box.sets[argument_dim(i)]);
    return product;
}

std::optional<Products> RegionSearch::region_of(const AttemptPattern& pattern) {
    auto region = maker().region_of(pattern);
    if (!region) return std::nullopt;
    return intersection(*region, possible_attempts(pattern.action));
}

std::optional<Products> RegionSearch::region_of(Action action, const SubjectExpr& subject) {
    AttemptPattern pattern;
    pattern.action = action;
    pattern.subject = subject;
    pattern.objects = {everything()};
    return region_of(pattern);
}

Products RegionSearch::intersection(const Products& a, const Products& b) const {
    Products both;
    for (const auto& x : a) {
        for (const auto& y : b) {
            auto product = intersect(x, y);
            if (product && !known_empty(*product, group_sets_)) both.push_back(std::move(*product));
        }
    }
    return both;
}

// ---- the search --------------------------------------------------------------------------------

struct RegionSearch::Walk {
    Action action;
    const Visit& visit;
    std::size_t pieces = 0;
    std::size_t comparisons = 0;
    bool stopped = false; ///< by the visitor
};

bool RegionSearch::is_empty(const SubjectPart& part) {
    return emptiness_.is_empty(part.exes, "") || emptiness_.is_empty(part.cgroups, std::nullopt);
}

bool RegionSearch::is_empty(Action action, const Product& product) {
    const auto also = action == Action::exec ? std::optional{memfd_path} : std::nullopt;
    return known_empty(product, group_sets_) || is_empty(product.subject) ||
           is_empty(product.peer) || emptiness_.is_empty(product.paths, also);
}

bool RegionSearch::search(Action action, const Products& within, const Cover& cover,
                          const Visit& visit) {
    Walk walk{action, visit};
    for (const auto& product : intersection(within, possible_attempts(action)))
        if (!split(walk, product, cover, 0)) return walk.stopped;
    return true;
}

std::optional<bool> RegionSearch::is_covered(Action action, const Products& within,
                                             const Cover& cover) {
    bool found = false;
    const bool done = search(action, within, cover, [&](const Attempt&) {
        found = true;
        return false;
    });
    if (!done) return std::nullopt;
    return !found;
}

/// Takes away the cover that leaves the fewest pieces, of a few: often one leaves none.
Products RegionSearch::take_one_away(const Product& product, Cover& cover) const {
    constexpr std::size_t tried = 8;
    Products fewest;
    std::size_t best = cover.size();
    for (std::size_t i = 0; i < std::min(tried, cover.size()); ++i) {
        auto pieces = subtract(product, *cover[i], group_sets_);
        if (best != cover.size() && pieces.size() >= fewest.size()) continue;
        fewest = std::move(pieces);
        best = i;
        if (fewest.empty()) break;
    }
    cover.erase(cover.begin() + static_cast<std::ptrdiff_t>(best));
    return fewest;
}

/// False: stop. The last piece is gone on with in place, so that a list of covers that each take a
/// little away is no recursion.
bool RegionSearch::split(Walk& walk, Product product, Cover cover, std::size_t depth) {
    while (true) {
        if (budget_ <= cover.size()) return false;
        budget_ -= cover.size() + 1;
        walk.comparisons += cover.size();
        if (++walk.pieces > pieces_max || walk.comparisons > comparisons_max || depth > depth_max)
            return false;
        if (is_empty(walk.action, product)) return true;
        std::erase_if(cover,
                      [&](const auto* other) { return !may_meet(product, *other, group_sets_); });
        if (cover.empty()) return reach(walk, product);
        auto pieces = take_one_away(product, cover);
        if (pieces.empty()) return true;
        product = std::move(pieces.back());
        pieces.pop_back();
        for (auto& piece : pieces)
            if (!split(walk, std::move(piece), cover, depth + 1)) return false;
    }
}

bool RegionSearch::reach(Walk& walk, const Product& product) {
    const auto attempt = smallest_in(walk.action, product);
    if (!attempt || walk.visit(*attempt)) return true;
    walk.stopped = true;
    return false;
}

// ---- the smallest attempt of a product ---------------------------------------------------------

std::optional<SubjectFacts> RegionSearch::smallest_in(const SubjectPart& part) {
    constexpr std::string_view plain_exe = "/usr/bin/true";
    SubjectFacts facts;
    facts.user = plainest<std::uint32_t>(part.users, {1000});
    facts.groups = groups_for(part.groups, group_sets_);
    if (!facts.groups) return std::nullopt;
    facts.exe = part.exes.contains(plain_exe) ? std::optional<std::string>{plain_exe}
                                              : emptiness_.member_of(part.exes, "");
    facts.cgroup = part.cgroups.contains("/") ? std::optional<std::string>{"/"}
                                              : emptiness_.member_of(part.cgroups, std::nullopt);
    if (!facts.exe || !facts.cgroup) return std::nullopt;
    auto lineage = lineages_.find(part.lineage, lineage_sets_);
    if (!lineage.possible) return std::nullopt;
    facts.ancestors = std::move(lineage.ancestors);
    return facts;
}

std::optional<Attempt> RegionSearch::smallest_in(Action action, const Product& product) {
    Attempt attempt;
    attempt.action = action;
    if (!is_packet(action)) {
        auto subject = smallest_in(product.subject);
        if (!subject) return std::nullopt;
        attempt.subject = std::move(*subject);
    }
    if (has_peer(action)) {
        auto peer = smallest_in(product.peer);
        if (!peer) return std::nullopt;
        attempt.peer = std::move(*peer);
    }
    if (has_flow(action)) attempt.flow = smallest_flow(action, product);
    if (action == Action::syscall) attempt.syscall = smallest_call(product);
    if (has_path(action)) {
        const auto also = action == Action::exec ? std::optional{memfd_path} : std::nullopt;
        attempt.path = emptiness_.member_of(product.paths, also);
        if (!attempt.path) return std::nullopt;
    }
    if (action == Action::write)
        attempt.member = static_cast<WriteMember>(product.members.intervals().front().first);
    if (action == Action::setuid)
        attempt.account = plainest<std::uint32_t>(product.accounts, {1000});
    return attempt;
}

} // namespace synpol
