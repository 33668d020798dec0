// SPDX-License-Identifier: Apache-2.0
#include "compiler/points.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/match.h"
#include "compiler/transport.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace {

/// A mask has a bit for each set; more sets than this have too many masks.
constexpr std::size_t literal_sets_max = 12;

// What a witness is made of where nothing speaks against it: unremarkable, and of documentation's
// address ranges (RFC 5737).
constexpr std::uint32_t usual_id = 1000;
constexpr std::string_view usual_exe = "/usr/bin/example";
constexpr std::string_view usual_cgroup = "/example.slice";
constexpr std::string_view usual_path = "/srv/example";
constexpr Address usual_source = from_v4(0xc0000201); // 192.0.2.1
constexpr Address usual_target = from_v4(0xc6336401); // 198.51.100.1
constexpr std::uint16_t usual_port = 443;
/// Transports that people know, first those that they know best; a packet of TCP opens a
/// connection.
constexpr std::array<std::uint16_t, 6> usual_transports = {
    6 * 4 + SP_TCP_SYN, 6 * 4, 17 * 4, 1 * 4, 58 * 4, 6 * 4 + 2};

template <typename T>
std::uint32_t place_in(const Partition<T>& partition, T value) {
    const auto after = std::upper_bound(partition.starts.begin(), partition.starts.end(), value);
    return static_cast<std::uint32_t>(after - partition.starts.begin()) - 1;
}

/// Exact for sets whose boundaries are boundaries of the partition.
template <typename T>
PointSet places_in(const Partition<T>& partition, const IntervalSet<T>& set) {
    std::vector<Interval<std::uint32_t>> places;
    places.reserve(set.intervals().size());
    for (const auto& [first, last] : set.intervals())
        places.push_back({place_in(partition, first), place_in(partition, last)});
    return PointSet::from(std::move(places));
}

template <typename T>
std::vector<PointSet> places_of_all(const Partition<T>& partition,
                                    const std::vector<IntervalSet<T>>& pool) {
    std::vector<PointSet> places;
    places.reserve(pool.size());
    for (const auto& set : pool) places.push_back(places_in(partition, set));
    return places;
}

/// A value of the place: `usual` if it is there, else the first.
template <typename T>
T value_at(const Partition<T>& partition, std::uint32_t place, T usual) {
    return place_in(partition, usual) == place ? usual : partition.starts[place];
}

PointSet all_of(std::uint32_t count) {
    return PointSet::range(0, count - 1);
}

PointSet set_of(const std::vector<std::uint32_t>& points) {
    std::vector<Interval<std::uint32_t>> intervals;
    for (const auto point : points) intervals.push_back({point, point});
    return PointSet::from(std::move(intervals));
}

/// The dimension whose pool and points a dimension shares.
sp_dim shared_dim(sp_dim dim) {
    if (dim == SP_DIM_TARGET) return SP_DIM_SOURCE;
    for (std::size_t i = 0; i < peer_dims.size(); ++i)
        if (dim == peer_dims[i]) return subject_dims[i];
    return dim;
}

template <typename Count>
std::uint32_t small(Count count) {
    return static_cast<std::uint32_t>(count);
}

} // namespace

Result<Points> Points::make(const BoxSet& pools) {
    Points points{pools};
    if (auto done = points.build(); !done) return std::move(done.error());
    return points;
}

Result<void> Points::build() {
    Diagnostics diagnostics;
    partitions_ = make_partitions(*pools_, diagnostics);
    if (diagnostics.has_errors())
        return Error{"too large to decide: " + diagnostics.sorted().front().message};
    if (auto done = find_groups(); !done) return done;
    if (auto done = find_lineages(); !done) return done;
    count_points();
    find_possible();
    find_atoms();
    find_layers();
    map_sets();
    return {};
}

Result<void> Points::find_groups() {
    const auto count = pools_->group_sets.size();
    if (count > literal_sets_max)
        return Error{fmt::format("too large to decide: {} different sets of groups", count)};
    for (std::uint32_t mask = 0; mask < std::uint32_t{1} << count; ++mask) {
        auto groups = groups_for(literals_of_mask(mask, count), pools_->group_sets);
        if (!groups) continue;
        group_masks_.push_back(mask);
        groups_.push_back(std::move(*groups));
    }
    return {};
}

Result<void> Points::find_lineages() {
    const auto count = pools_->lineage_sets.size();
    if (count > literal_sets_max)
        return Error{fmt::format("too large to decide: {} different sets of ancestors", count)};
    LineageFinder finder;
    for (std::uint32_t mask = 0; mask < std::uint32_t{1} << count; ++mask) {
        auto lineage = finder.find(literals_of_mask(mask, count), pools_->lineage_sets);
        if (!lineage.possible) continue;
        lineage_masks_.push_back(mask);
        ancestors_.push_back(std::move(lineage.ancestors));
    }
    return {};
}

void Points::count_points() {
    const auto count = [&](sp_dim dim, std::size_t points) {
        dimensions_[dim].count = small(points);
    };
    count(SP_DIM_USER, partitions_.users.starts.size());
    count(SP_DIM_GROUP, group_masks_.size());
    count(SP_DIM_EXE, partitions_.exe.members.size());
    count(SP_DIM_CGROUP, partitions_.cgroup.members.size());
    count(dim_lineage, lineage_masks_.size());
    count(SP_DIM_SYSCALL, partitions_.syscalls.starts.size());
    count(SP_DIM_TRANSPORT, partitions_.transports.starts.size());
    count(SP_DIM_SOURCE, partitions_.addresses.starts.size());
    count(SP_DIM_PORT, partitions_.ports.starts.size());
    count(dim_path, partitions_.path.members.size());
    count(dim_member, partitions_.members.starts.size());
    count(dim_account, partitions_.accounts.starts.size());
    for (std::size_t i = 0; i < argument_count; ++i)
        count(argument_dim(i), partitions_.arguments[i].blocks.size());
    for (std::size_t dim = 0; dim < dim_count; ++dim)
        dimensions_[dim].count = dimensions_[shared_dim(dim_at(dim))].count;
}

void Points::find_possible() {
    for (auto& dimension : dimensions_) dimension.possible = all_of(dimension.count);
    const auto with_path = [&](const Automaton& automaton, std::optional<std::string_view> also,
                               Direction direction) {
        std::vector<std::uint32_t> points;
        for (std::uint32_t i = 0; i < automaton.representatives.size(); ++i)
            if (!automaton.representatives[i].empty()) points.push_back(i);
        // A file without a path is in the class of no glob.
        if (also) points.push_back(automaton.run(*also, direction));
        return set_of(points);
    };
    auto& possible = dimensions_;
    possible[SP_DIM_EXE].possible = with_path(partitions_.exe, "", Direction::backwards);
    possible[SP_DIM_CGROUP].possible =
        with_path(partitions_.cgroup, std::nullopt, Direction::forwards);
    possible[dim_path].possible = with_path(partitions_.path, std::nullopt, path_direction);
    for (std::size_t dim = 0; dim < dim_count; ++dim)
        possible[dim].possible = possible[shared_dim(dim_at(dim))].possible;
}

void Points::find_atoms() {
    dimensions_[SP_DIM_USER].atoms = partitions_.users.atoms;
    dimensions_[SP_DIM_SYSCALL].atoms = partitions_.syscalls.atoms;
    dimensions_[SP_DIM_TRANSPORT].atoms = partitions_.transports.atoms;
    dimensions_[SP_DIM_SOURCE].atoms = partitions_.addresses.atoms;
    dimensions_[SP_DIM_PORT].atoms = partitions_.ports.atoms;
    dimensions_[dim_member].atoms = partitions_.members.atoms;
    dimensions_[dim_account].atoms = partitions_.accounts.atoms;
    for (std::size_t dim = 0; dim < dim_count; ++dim)
        dimensions_[dim].atoms = dimensions_[shared_dim(dim_at(dim))].atoms;
}

std::uint64_t Points::atoms_in(sp_dim dim, const PointSet& points) const {
    const auto& atoms = dimensions_[dim].atoms;
    if (atoms.empty()) return size_of(points);
    std::vector<std::uint32_t> found;
    for (const auto& [first, last] : points.intervals())
        found.insert(found.end(), atoms.begin() + first, atoms.begin() + last + 1);
    std::sort(found.begin(), found.end());
    return static_cast<std::uint64_t>(std::unique(found.begin(), found.end()) - found.begin());
}

void Points::find_layers() {
    const auto layer = [&](sp_dim dim, PointSet points) {
        dimensions_[dim].layers.push_back(std::move(points));
    };
    const auto single = [](std::uint32_t point) { return PointSet::single(point); };
    layer(SP_DIM_USER, single(place_in(partitions_.users, usual_id)));
    layer(dim_account, single(place_in(partitions_.accounts, usual_id)));
    Attempt usual;
    usual.subject = {usual_id,
                     {{usual_id}},
                     std::string{usual_exe},
                     std::string{usual_cgroup},
                     std::vector<SubjectFacts>{}};
    usual.path = usual_path;
    for (const auto dim : {SP_DIM_GROUP, SP_DIM_EXE, SP_DIM_CGROUP, dim_lineage, dim_path})
        layer(dim, single(point_of(dim, usual)));
    const auto v4 = AddressSet::range(from_v4(0), from_v4(0xffffffff));
    for (const auto& [dim, address] :
         {std::pair{SP_DIM_SOURCE, usual_source}, {SP_DIM_TARGET, usual_target}}) {
        layer(dim, single(place_in(partitions_.addresses, address)));
        layer(dim, of_addresses(v4));
    }
    layer(SP_DIM_PORT, single(place_in(partitions_.ports, usual_port)));
    for (const auto transport : usual_transports)
        layer(SP_DIM_TRANSPORT, single(place_in(partitions_.transports, transport)));
    const auto& table = SyscallTable::instance();
    std::array<std::vector<std::uint32_t>, 2> named; // of the native ABI, of the others
    for (std::uint16_t key = 0; key < SP_SYSCALL_KEYS; ++key)
        if (table.name(static_cast<Abi>(key / syscalls_per_abi), key % syscalls_per_abi))
            named[key < syscalls_per_abi ? 0 : 1].push_back(place_in(partitions_.syscalls, key));
    for (const auto& points : named) layer(SP_DIM_SYSCALL, set_of(points));
    layer(dim_member, single(0));
    for (std::size_t i = 0; i < argument_count; ++i) layer(argument_dim(i), single(0));
    for (std::size_t i = 0; i < peer_dims.size(); ++i)
        dimensions_[peer_dims[i]].layers = dimensions_[subject_dims[i]].layers;
}

void Points::map_sets() {
    sets_[SP_DIM_USER] = places_of_all(partitions_.users, pools_->users);
    sets_[SP_DIM_SYSCALL] = places_of_all(partitions_.syscalls, pools_->syscalls);
    sets_[SP_DIM_TRANSPORT] = places_of_all(partitions_.transports, pools_->transports);
    sets_[SP_DIM_SOURCE] = places_of_all(partitions_.addresses, pools_->addresses);
    sets_[SP_DIM_PORT] = places_of_all(partitions_.ports, pools_->ports);
    sets_[dim_member] = places_of_all(partitions_.members, pools_->members);
    sets_[dim_account] = places_of_all(partitions_.accounts, pools_->accounts);
    map_paths(SP_DIM_EXE, pools_->exes, partitions_.exe);
    map_paths(SP_DIM_CGROUP, pools_->cgroups, partitions_.cgroup);
    map_paths(dim_path, pools_->paths, partitions_.path);
    map_literals(SP_DIM_GROUP, pools_->groups, group_masks_);
    map_literals(dim_lineage, pools_->lineages, lineage_masks_);
    for (std::size_t i = 0; i < argument_count; ++i)
        for (const auto& set : pools_->arguments)
            sets_[argument_dim(i)].push_back(of_argument(i, set));
}

void Points::map_paths(sp_dim dim, const std::vector<PathSet>& pool, const Automaton& automaton) {
    std::vector<std::vector<std::uint32_t>> points(pool.size());
    for (std::uint32_t i = 0; i < automaton.members.size(); ++i)
        for (const auto set : automaton.members[i]) points[set].push_back(i);
    for (const auto& of_set : points) sets_[dim].push_back(set_of(of_set));
}

void Points::map_literals(sp_dim dim, const std::vector<GroupLiterals>& pool,
                          const std::vector<std::uint32_t>& masks) {
    for (const auto& literals : pool) {
        std::vector<std::uint32_t> points;
        for (std::uint32_t i = 0; i < masks.size(); ++i)
            if (std::all_of(literals.begin(), literals.end(), [&](const auto& literal) {
                    return ((masks[i] >> literal.set & 1u) != 0) == literal.member;
                }))
                points.push_back(i);
        sets_[dim].push_back(set_of(points));
    }
}

const PointSet& Points::points_of(sp_dim dim, SetIndex set) const {
    return sets_[shared_dim(dim)].at(set);
}

PointSet Points::of_addresses(const AddressSet& addresses) const {
    return places_in(partitions_.addresses, addresses);
}
PointSet Points::of_transports(const TransportSet& transports) const {
    return places_in(partitions_.transports, transports);
}
PointSet Points::of_ports(const PortSet& ports) const {
    return places_in(partitions_.ports, ports);
}
PointSet Points::of_syscalls(const SyscallSet& syscalls) const {
    return places_in(partitions_.syscalls, syscalls);
}
PointSet Points::of_users(const IdSet& users) const {
    return places_in(partitions_.users, users);
}
PointSet Points::of_accounts(const IdSet& accounts) const {
    return places_in(partitions_.accounts, accounts);
}

PointSet Points::of_argument(std::size_t argument, const ArgumentSet& values) const {
    const auto& blocks = partitions_.arguments[argument].blocks;
    std::vector<std::uint32_t> points;
    for (std::uint32_t i = 0; i < blocks.size(); ++i)
        if (values.contains(*blocks[i].smallest())) points.push_back(i);
    return set_of(points);
}

PointSet Points::of_paths_without_memfd() const {
    std::vector<std::uint32_t> points;
    const auto& representatives = partitions_.path.representatives;
    for (std::uint32_t i = 0; i < representatives.size(); ++i)
        if (!representatives[i].empty() && representatives[i] != memfd_path) points.push_back(i);
    return set_of(points);
}

// ---- facts -------------------------------------------------------------------------------------

namespace {

std::uint32_t place_of_mask(const std::vector<std::uint32_t>& masks, std::uint32_t mask) {
    const auto found = std::lower_bound(masks.begin(), masks.end(), mask);
    return small(found - masks.begin());
}

std::uint32_t mask_of_groups(const std::vector<std::uint32_t>& groups,
                             const std::vector<IdSet>& sets) {
    std::uint32_t mask = 0;
    for (std::size_t set = 0; set < sets.size(); ++set)
        for (const auto gid : groups)
            if (sets[set].contains(gid)) mask |= 1u << set;
    return mask;
}

std::uint32_t mask_of_ancestors(const SubjectFacts& facts, const std::vector<SubjectExpr>& sets) {
    std::uint32_t mask = 0;
    for (std::size_t set = 0; set < sets.size(); ++set)
        if (match_ancestors(sets[set], facts) == Match::yes) mask |= 1u << set;
    return mask;
}

/// A path of the class that reads well.
std::string path_at(const Automaton& automaton, Direction direction, std::uint32_t point,
                    std::string_view usual) {
    return automaton.run(usual, direction) == point ? std::string{usual}
                                                    : automaton.representatives[point];
}

std::size_t place_of_dim(const SubjectDims& dims, sp_dim dim) {
    return static_cast<std::size_t>(std::find(dims.begin(), dims.end(), dim) - dims.begin());
}

} // namespace

std::uint32_t Points::point_of_subject(std::size_t place, const SubjectFacts& facts) const {
    switch (subject_dims[place]) {
    case SP_DIM_USER:
        return place_in(partitions_.users, *facts.user);
    case SP_DIM_GROUP:
        return place_of_mask(group_masks_, mask_of_groups(*facts.groups, pools_->group_sets));
    case SP_DIM_EXE:
        return partitions_.exe.run(*facts.exe, Direction::backwards);
    case SP_DIM_CGROUP:
        return partitions_.cgroup.run(*facts.cgroup, Direction::forwards);
    default:
        return place_of_mask(lineage_masks_, mask_of_ancestors(facts, pools_->lineage_sets));
    }
}

std::uint32_t Points::point_of(sp_dim dim, const Attempt& attempt) const {
    if (is_subject_dim(dim))
        return point_of_subject(place_of_dim(subject_dims, dim), attempt.subject);
    const auto peer = place_of_dim(peer_dims, dim);
    if (peer < peer_dims.size()) return point_of_subject(peer, attempt.peer);
    const auto& [abi, number, arguments] = attempt.syscall;
    switch (static_cast<sp_u32>(dim)) {
    case SP_DIM_SYSCALL:
        return place_in(partitions_.syscalls, syscall_key(abi, number));
    case SP_DIM_TRANSPORT:
        return place_in(partitions_.transports, *attempt.flow.transport);
    case SP_DIM_SOURCE:
        return place_in(partitions_.addresses, *attempt.flow.source);
    case SP_DIM_TARGET:
        return place_in(partitions_.addresses, *attempt.flow.target);
    case SP_DIM_PORT:
        return place_in(partitions_.ports, *port_fact(attempt.flow));
    case dim_path:
        return partitions_.path.run(*attempt.path, path_direction);
    case dim_member:
        return place_in(partitions_.members, static_cast<std::uint16_t>(*attempt.member));
    case dim_account:
        return place_in(partitions_.accounts, *attempt.account);
    default:
        break;
    }
    const std::size_t argument = dim - dim_argument;
    const auto& blocks = partitions_.arguments[argument].blocks;
    const auto value = *arguments[argument];
    const auto holds = [value](const ArgumentSet& set) { return set.contains(value); };
    return small(std::find_if(blocks.begin(), blocks.end(), holds) - blocks.begin());
}

void Points::put_subject(std::size_t place, std::uint32_t point, SubjectFacts& facts) const {
    switch (subject_dims[place]) {
    case SP_DIM_USER:
        facts.user = value_at(partitions_.users, point, usual_id);
        break;
    case SP_DIM_GROUP:
        facts.groups = groups_[point];
        break;
    case SP_DIM_EXE:
        facts.exe = path_at(partitions_.exe, Direction::backwards, point, usual_exe);
        break;
    case SP_DIM_CGROUP:
        facts.cgroup = path_at(partitions_.cgroup, Direction::forwards, point, usual_cgroup);
        break;
    default:
        facts.ancestors = ancestors_[point];
        break;
    }
}

/// One that has a name, where there is one.
std::uint16_t Points::syscall_at(std::uint32_t point) const {
    const auto& starts = partitions_.syscalls.starts;
    const std::uint16_t end = point + 1 < starts.size() ? starts[point + 1] : syscall_keys;
    for (std::uint16_t key = starts[point]; key < end; ++key)
        if (SyscallTable::instance().name(static_cast<Abi>(key / syscalls_per_abi),
                                          key % syscalls_per_abi))
            return key;
    return starts[point];
}

void Points::put(sp_dim dim, std::uint32_t point, Attempt& attempt) const {
    if (is_subject_dim(dim))
        return put_subject(place_of_dim(subject_dims, dim), point, attempt.subject);
    const auto peer = place_of_dim(peer_dims, dim);
    if (peer < peer_dims.size()) return put_subject(peer, point, attempt.peer);
    auto& flow = attempt.flow;
    auto& call = attempt.syscall;
    switch (static_cast<sp_u32>(dim)) {
    case SP_DIM_SYSCALL: {
        const auto key = syscall_at(point);
        call.abi = static_cast<Abi>(key / syscalls_per_abi);
        call.number = key % syscalls_per_abi;
        return;
    }
    case SP_DIM_TRANSPORT:
        flow.transport = partitions_.transports.starts[point];
        return;
    case SP_DIM_SOURCE:
        flow.source = value_at(partitions_.addresses, point, usual_source);
        return;
    case SP_DIM_TARGET:
        flow.target = value_at(partitions_.addresses, point, usual_target);
        return;
    case SP_DIM_PORT:
        flow.port = value_at(partitions_.ports, point, usual_port);
        return;
    case dim_path:
        attempt.path = path_at(partitions_.path, path_direction, point, usual_path);
        return;
    case dim_member:
        attempt.member = static_cast<WriteMember>(partitions_.members.starts[point]);
        return;
    case dim_account:
        attempt.account = value_at(partitions_.accounts, point, usual_id);
        return;
    default:
        break;
    }
    const std::size_t argument = dim - dim_argument;
    call.arguments[argument] = partitions_.arguments[argument].blocks[point].smallest();
}

} // namespace synpol
