// SPDX-License-Identifier: Apache-2.0
// Interval dimensions by one sweep over all boundaries of all sets, path dimensions by an
// automaton, groups by masks.
#include "compiler/atoms.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include <fmt/format.h>

#include "compiler/describe.h"
#include "compiler/dims.h"
#include "compiler/lineage.h"
#include "compiler/lints/over_capacity.h"
#include "compiler/set_text.h"
#include "policy/codes.h"

namespace synpol {

namespace {

// ---- intervals ---------------------------------------------------------------------------------

/// Which sets hold the place of the sweep. Two levels, so that listing costs what is listed.
class ActiveSets {
  public:
    explicit ActiveSets(std::size_t count)
        : words_((count + 63) / 64), summary_((words_.size() + 63) / 64) {}

    void toggle(SetIndex set) {
        auto& word = words_[set / 64];
        word ^= std::uint64_t{1} << set % 64;
        const auto bit = std::uint64_t{1} << set / 64 % 64;
        auto& summary = summary_[set / 4096];
        summary = word != 0 ? summary | bit : summary & ~bit;
    }

    std::vector<SetIndex> list() const {
        std::vector<SetIndex> sets;
        for_each_bit(summary_, [&](std::size_t word) {
            for (auto bits = words_[word]; bits != 0; bits &= bits - 1)
                sets.push_back(static_cast<SetIndex>(
                    word * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
        });
        return sets;
    }

  private:
    template <typename Visit>
    static void for_each_bit(const std::vector<std::uint64_t>& words, Visit visit) {
        for (std::size_t word = 0; word < words.size(); ++word)
            for (auto bits = words[word]; bits != 0; bits &= bits - 1)
                visit(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
    }

    std::vector<std::uint64_t> words_;
    std::vector<std::uint64_t> summary_;
};

/// The signature of a set of sets is the exclusive or of its members' signatures, so that a
/// boundary updates it in one step. 128 bits: no collision by chance, and policies are not chosen
/// by enemies.
struct Signature {
    std::uint64_t a = 0;
    std::uint64_t b = 0;

    bool operator==(const Signature&) const = default;
    Signature& operator^=(const Signature& other) {
        a ^= other.a;
        b ^= other.b;
        return *this;
    }
};
struct HashSignature {
    std::size_t operator()(const Signature& signature) const {
        return static_cast<std::size_t>(signature.a);
    }
};

constexpr std::uint64_t scramble(std::uint64_t x) { // splitmix64
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}
constexpr Signature signature_of(SetIndex set) {
    return {scramble(set), scramble(set ^ 0x5bd1e995deadbeefull)};
}

template <typename T>
struct Boundary {
    T at;
    SetIndex set;
};

template <typename T>
std::vector<Boundary<T>> boundaries_of(const std::vector<IntervalSet<T>>& pool, T last_value) {
    std::vector<Boundary<T>> boundaries;
    for (SetIndex set = 1; set < pool.size(); ++set) {
        for (const auto& [first, last] : pool[set].intervals()) {
            boundaries.push_back({first, set});
            if (last < last_value) boundaries.push_back({static_cast<T>(last + 1), set});
        }
    }
    std::sort(boundaries.begin(), boundaries.end(),
              [](const auto& x, const auto& y) { return x.at < y.at; });
    return boundaries;
}

template <typename T>
using Describe = std::string (*)(T);

template <typename T>
class Sweep {
  public:
    Sweep(const std::vector<IntervalSet<T>>& pool, T last_value, Describe<T> describe)
        : boundaries_{boundaries_of(pool, last_value)}, active_{pool.size()}, describe_{describe} {}

    /// `atoms` null: they are numbered, not listed. The lists can be longer than the sets.
    void run(Partition<T>& partition, std::vector<Atom>* atoms) {
        auto next = boundaries_.begin();
        while (next != boundaries_.end() && next->at == T{0}) pass(*next++);
        begin_interval(T{0}, partition, atoms);
        while (next != boundaries_.end()) {
            const T at = next->at;
            while (next != boundaries_.end() && next->at == at) pass(*next++);
            begin_interval(at, partition, atoms);
        }
    }

  private:
    void pass(const Boundary<T>& boundary) {
        active_.toggle(boundary.set);
        signature_ ^= signature_of(boundary.set);
    }

    void begin_interval(T at, Partition<T>& partition, std::vector<Atom>* atoms) {
        const auto fresh = static_cast<std::uint32_t>(known_.size() + SP_ATOM_FIRST);
        const auto [entry, is_new] = known_.try_emplace(signature_, fresh);
        if (is_new && atoms) atoms->push_back({active_.list(), describe_(at)});
        if (!partition.atoms.empty() && partition.atoms.back() == entry->second) return;
        partition.starts.push_back(at);
        partition.atoms.push_back(entry->second);
    }

    std::vector<Boundary<T>> boundaries_;
    ActiveSets active_;
    Signature signature_;
    std::unordered_map<Signature, std::uint32_t, HashSignature> known_;
    Describe<T> describe_;
};

template <typename T>
void sweep(const std::vector<IntervalSet<T>>& pool, T last_value, Describe<T> describe,
           Partition<T>& partition, std::vector<Atom>* atoms) {
    Sweep<T>{pool, last_value, describe}.run(partition, atoms);
}

/// An IPv4 address reads better than "::", where the atom has one.
void prefer_v4_representatives(const Partition<Address>& addresses, std::vector<Atom>& atoms) {
    std::vector<bool> done(atoms.size(), false);
    for (std::size_t i = 0; i < addresses.starts.size(); ++i) {
        const auto atom = addresses.atoms[i] - SP_ATOM_FIRST;
        const bool is_last = i + 1 == addresses.starts.size();
        const Address last = is_last ? max_value<Address>() : addresses.starts[i + 1] - 1;
        const Address first_v4 = std::max(addresses.starts[i], v4_base);
        if (done[atom] || last < first_v4 || !is_v4(first_v4)) continue;
        done[atom] = true;
        atoms[atom].representative = to_string(first_v4);
    }
}

std::string describe_address(Address address) {
    return to_string(address);
}

// ---- groups ------------------------------------------------------------------------------------

/// Value of a partition of gids: the group sets that hold the gid.
Partition<std::uint32_t> group_masks(const std::vector<IdSet>& group_sets) {
    // The sweep leaves set 0 out, which for other dimensions is "everything".
    std::vector<IdSet> pool = {IdSet::all()};
    pool.insert(pool.end(), group_sets.begin(), group_sets.end());
    Partition<std::uint32_t> partition;
    std::vector<Atom> atoms;
    sweep(pool, max_value<std::uint32_t>(), describe_group, partition, &atoms);
    for (auto& value : partition.atoms) {
        std::uint32_t mask = 0;
        for (const auto set : atoms[value - SP_ATOM_FIRST].sets) mask |= 1u << (set - 1);
        value = mask;
    }
    return partition;
}

/// One gid for each mask that some gid has.
std::vector<std::pair<std::uint32_t, std::uint32_t>>
gid_by_mask(const Partition<std::uint32_t>& masks) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> found;
    for (std::size_t i = 0; i < masks.starts.size(); ++i)
        found.emplace_back(masks.atoms[i], masks.starts[i]);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    found.erase(std::unique(found.begin(), found.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }),
                found.end());
    return found;
}

/// By mask a list of gids that has it, as text; "" where none has. Breadth first: short lists.
std::vector<std::string> lists_by_mask(const Partition<std::uint32_t>& masks,
                                       std::size_t mask_count) {
    const auto gids = gid_by_mask(masks);
    std::vector<std::string> lists(mask_count);
    lists[0] = "no group named";
    std::vector<std::uint32_t> queue = {0};
    for (const auto& [mask, gid] : gids)
        if (mask == 0) lists[0] = describe_group(gid);
    for (std::size_t i = 0; i < queue.size(); ++i) {
        for (const auto& [mask, gid] : gids) {
            const auto joined = queue[i] | mask;
            if (!lists[joined].empty()) continue;
            lists[joined] =
                queue[i] == 0 ? describe_group(gid) : fmt::format("{}+{}", lists[queue[i]], gid);
            queue.push_back(joined);
        }
    }
    return lists;
}

bool holds(const GroupLiteral& literal, std::uint32_t mask) {
    return ((mask >> literal.set & 1u) != 0) == literal.member;
}

std::vector<SetIndex> conjunctions_of(const BoxSet& boxes, std::uint32_t mask) {
    std::vector<SetIndex> satisfied;
    for (SetIndex i = 1; i < boxes.groups.size(); ++i) {
        const auto& literals = boxes.groups[i];
        if (std::all_of(literals.begin(), literals.end(),
                        [&](const auto& literal) { return holds(literal, mask); }))
            satisfied.push_back(i);
    }
    return satisfied;
}

void make_group_atoms(const BoxSet& boxes, Atoms& result) {
    auto& atoms = result.atoms[SP_DIM_GROUP];
    result.group_masks = group_masks(boxes.group_sets);
    const std::size_t mask_count = std::size_t{1} << boxes.group_sets.size();
    const auto lists = lists_by_mask(result.group_masks, mask_count);
    result.group_atom_of_mask.assign(mask_count, SP_ATOM_NONE);
    for (std::uint32_t mask = 0; mask < mask_count; ++mask) {
        if (lists[mask].empty()) continue;
        auto sets = conjunctions_of(boxes, mask);
        auto known = std::find_if(atoms.begin(), atoms.end(),
                                  [&](const auto& atom) { return atom.sets == sets; });
        if (known == atoms.end()) known = atoms.insert(atoms.end(), {std::move(sets), lists[mask]});
        result.group_atom_of_mask[mask] =
            static_cast<std::uint32_t>(known - atoms.begin()) + SP_ATOM_FIRST;
    }
}

// ---- lineage -----------------------------------------------------------------------------------

std::vector<SetIndex> lineages_of(const BoxSet& boxes, std::uint32_t mask) {
    std::vector<SetIndex> satisfied;
    for (SetIndex i = 1; i < boxes.lineages.size(); ++i) {
        const auto& literals = boxes.lineages[i];
        if (std::all_of(literals.begin(), literals.end(),
                        [&](const auto& literal) { return holds(literal, mask); }))
            satisfied.push_back(i);
    }
    return satisfied;
}

std::string describe_lineage(const BoxSet& boxes, std::uint32_t mask) {
    std::string text;
    for (std::size_t set = 0; set < boxes.lineage_sets.size(); ++set) {
        if ((mask >> set & 1u) == 0) continue;
        text += fmt::format("{}below {}", text.empty() ? "" : " and ",
                            subject_text(boxes.lineage_sets[set]));
    }
    return text.empty() ? "below nobody named" : text;
}

void make_lineage_atoms(const BoxSet& boxes, Atoms& result) {
    auto& atoms = result.atoms[dim_lineage];
    LineageFinder finder;
    const auto mask_count = std::uint32_t{1} << boxes.lineage_sets.size();
    result.lineage_atom_of_mask.assign(mask_count, SP_ATOM_NONE);
    for (std::uint32_t mask = 0; mask < mask_count; ++mask) {
        if (!finder.find(literals_of_mask(mask, boxes.lineage_sets.size()), boxes.lineage_sets)
                 .possible)
            continue;
        auto sets = lineages_of(boxes, mask);
        auto known = std::find_if(atoms.begin(), atoms.end(),
                                  [&](const auto& atom) { return atom.sets == sets; });
        if (known == atoms.end())
            known = atoms.insert(atoms.end(), {std::move(sets), describe_lineage(boxes, mask)});
        result.lineage_atom_of_mask[mask] =
            static_cast<std::uint32_t>(known - atoms.begin()) + SP_ATOM_FIRST;
    }
}

// ---- arguments ---------------------------------------------------------------------------------

/// The sets of the pool that some box asks of the argument, ascending.
std::vector<SetIndex> sets_of_dim(const BoxSet& boxes, sp_dim dim) {
    std::vector<bool> used(boxes.arguments.size(), false);
    for (const auto& box : boxes.boxes) used[box.sets[dim]] = true;
    std::vector<SetIndex> sets;
    for (SetIndex set = 1; set < used.size(); ++set)
        if (used[set]) sets.push_back(set);
    return sets;
}

/// Splits every block by the set; false when there are too many then.
bool split_blocks(const ArgumentSet& set, std::vector<ArgumentSet>& blocks) {
    const std::size_t count = blocks.size();
    for (std::size_t i = 0; i < count; ++i) {
        auto inside = blocks[i] & set;
        if (inside.empty()) continue;
        auto outside = blocks[i] - set;
        if (outside.empty()) continue;
        blocks[i] = std::move(outside);
        blocks.push_back(std::move(inside));
        if (blocks.size() > argument_blocks_max) return false;
    }
    return true;
}

void report_argument(const BoxSet& boxes, sp_dim dim, SetIndex set, Diagnostics& diagnostics) {
    const auto asks = [&](const Box& box) { return box.sets[dim] == set; };
    const auto box = std::find_if(boxes.boxes.begin(), boxes.boxes.end(), asks);
    report_too_many_argument_values(boxes.model.rules[box->rule], name_of(dim), argument_blocks_max,
                                    diagnostics);
}

ArgumentPartition partition_argument(const BoxSet& boxes, sp_dim dim, Diagnostics& diagnostics) {
    std::vector<ArgumentSet> blocks = {ArgumentSet::all()};
    for (const auto set : sets_of_dim(boxes, dim)) {
        if (split_blocks(boxes.arguments[set], blocks)) continue;
        report_argument(boxes, dim, set, diagnostics);
        break;
    }
    std::sort(blocks.begin(), blocks.end(),
              [](const auto& a, const auto& b) { return a.smallest() < b.smallest(); });
    return {std::move(blocks)};
}

void list_argument_atoms(const BoxSet& boxes, std::size_t argument, Atoms& result) {
    const auto dim = argument_dim(argument);
    const auto sets = sets_of_dim(boxes, dim);
    for (const auto& block : result.arguments[argument].blocks) {
        const auto value = *block.smallest();
        std::vector<SetIndex> containing;
        for (const auto set : sets)
            if (boxes.arguments[set].contains(value)) containing.push_back(set);
        result.atoms[dim].push_back({std::move(containing), fmt::format("{:#x}", value)});
    }
}

// ---- paths -------------------------------------------------------------------------------------

bool mentions(const PathSet& set, const Glob& glob) {
    switch (set.kind()) {
    case PathSet::Kind::glob:
        return set.glob() == glob;
    case PathSet::Kind::none:
    case PathSet::Kind::any:
        return false;
    default:
        return mentions(set.left(), glob) || mentions(set.right(), glob);
    }
}

/// The first rule that names one of the globs in `dim`; else the first that constrains it.
Span place_of(const BoxSet& boxes, sp_dim dim, const std::vector<PathSet>& pool,
              const std::vector<Glob>& globs) {
    std::optional<Span> constrains;
    for (const auto& box : boxes.boxes) {
        const auto set = box.sets[dim];
        if (set == 0) continue;
        const Span span = boxes.model.rules[box.rule].span;
        if (!constrains) constrains = span;
        if (std::any_of(globs.begin(), globs.end(),
                        [&](const auto& glob) { return mentions(pool[set], glob); }))
            return span;
    }
    return constrains.value_or(Span{});
}

/// How a dimension of paths is read, and what it holds that is no path.
struct PathDim {
    sp_dim dim;
    std::vector<PathSet> BoxSet::*pool;
    Automaton Atoms::*automaton;
    Direction direction;
    std::string_view special; ///< represents a class that no path is in; "" if there is none
};
constexpr PathDim path_dims[] = {
    {SP_DIM_EXE, &BoxSet::exes, &Atoms::exe, Direction::backwards, ""},
    {SP_DIM_CGROUP, &BoxSet::cgroups, &Atoms::cgroup, Direction::forwards, ""},
    {dim_path, &BoxSet::paths, &Atoms::path, path_direction, memfd_path},
};

Automaton make_automaton(const BoxSet& boxes, const PathDim& row, Diagnostics& diagnostics) {
    const auto& pool = boxes.*row.pool;
    std::vector<Glob> culprits;
    auto automaton = build_automaton(pool, row.direction, automaton_states_max, &culprits);
    if (!automaton) {
        diagnostics
            .error(Code::too_many_path_states, place_of(boxes, row.dim, pool, culprits),
                   fmt::format("{}: {}", name_of(row.dim), automaton.error().message()),
                   "named here")
            .helps.push_back("begin patterns with a path, so that their open ends do not meet: "
                             "`/srv/**` instead of `/**/srv`");
        automaton = build_automaton({PathSet::any()}, row.direction);
    }
    if (row.special.empty()) return std::move(*automaton);
    auto& representative = automaton->representatives[automaton->run(row.special, row.direction)];
    if (representative.empty()) representative = row.special;
    return std::move(*automaton);
}

void list_path_atoms(const Automaton& automaton, std::vector<Atom>& atoms) {
    for (std::size_t i = 0; i < automaton.members.size(); ++i) {
        auto sets = automaton.members[i];
        std::erase(sets, 0u); // "everything" says nothing
        atoms.push_back({std::move(sets), automaton.representatives[i]});
    }
}

// ---- capacity ----------------------------------------------------------------------------------

/// Literals of one dimension, and how many sets they may name.
struct LiteralDim {
    sp_dim dims[2];
    std::vector<std::vector<GroupLiteral>> BoxSet::*pool;
    std::size_t most;
    std::string_view what;
};

bool check_literals(const BoxSet& boxes, const LiteralDim& row, std::size_t count,
                    Diagnostics& diagnostics) {
    if (count <= row.most) return true;
    const auto too_far = [&](const GroupLiteral& literal) { return literal.set >= row.most; };
    const auto beyond = [&](const Box& box) {
        return std::any_of(std::begin(row.dims), std::end(row.dims), [&](sp_dim dim) {
            const auto& literals = (boxes.*row.pool)[box.sets[dim]];
            return std::any_of(literals.begin(), literals.end(), too_far);
        });
    };
    const auto box = std::find_if(boxes.boxes.begin(), boxes.boxes.end(), beyond);
    const Span span = box == boxes.boxes.end() ? Span{} : boxes.model.rules[box->rule].span;
    diagnostics
        .error(Code::too_many_group_sets, span,
               fmt::format("{} different sets of {} are named, at most {} fit", count, row.what,
                           row.most),
               "one too many here")
        .helps.push_back("name the same set in several rules, or put what belongs together into "
                         "a unit or a cgroup");
    return false;
}

bool check_group_sets(const BoxSet& boxes, Diagnostics& diagnostics) {
    return check_literals(
        boxes, {{SP_DIM_GROUP, dim_peer_group}, &BoxSet::groups, SP_GROUP_SETS_MAX, "groups"},
        boxes.group_sets.size(), diagnostics);
}

bool check_lineage_sets(const BoxSet& boxes, Diagnostics& diagnostics) {
    return check_literals(
        boxes, {{dim_lineage, dim_peer_lineage}, &BoxSet::lineages, lineage_sets_max, "ancestors"},
        boxes.lineage_sets.size(), diagnostics);
}

std::string describe_member(std::uint16_t member) {
    return std::string{name_of(static_cast<WriteMember>(member))};
}

void partition_all(const BoxSet& boxes, bool list, Atoms& result) {
    auto& atoms = result.atoms;
    const auto run = [&](const auto& pool, auto last, auto describe, auto& partition, sp_dim dim) {
        sweep(pool, last, describe, partition, list ? &atoms[dim] : nullptr);
    };
    const auto last_id = max_value<std::uint32_t>();
    run(boxes.users, last_id, describe_user, result.users, SP_DIM_USER);
    run(boxes.syscalls, std::uint16_t{SP_SYSCALL_KEYS - 1}, describe_syscall, result.syscalls,
        SP_DIM_SYSCALL);
    run(boxes.transports, std::uint16_t{SP_TRANSPORT_KEYS - 1}, describe_transport,
        result.transports, SP_DIM_TRANSPORT);
    run(boxes.ports, max_value<std::uint16_t>(), describe_port, result.ports, SP_DIM_PORT);
    run(boxes.addresses, max_value<Address>(), describe_address, result.addresses, SP_DIM_SOURCE);
    run(boxes.members, std::uint16_t{write_member_count - 1}, describe_member, result.members,
        dim_member);
    run(boxes.accounts, last_id, describe_user, result.accounts, dim_account);
}

/// Dimensions that share a partition have the same atoms.
void share_atoms(Atoms& result) {
    auto& atoms = result.atoms;
    atoms[SP_DIM_TARGET] = atoms[SP_DIM_SOURCE];
    for (std::size_t i = 0; i < subject_dims.size(); ++i)
        atoms[peer_dims[i]] = atoms[subject_dims[i]];
}

} // namespace

Atoms make_partitions(const BoxSet& boxes, Diagnostics& diagnostics) {
    Atoms result;
    partition_all(boxes, false, result);
    for (const auto& row : path_dims)
        result.*row.automaton = make_automaton(boxes, row, diagnostics);
    for (std::size_t i = 0; i < argument_count; ++i)
        result.arguments[i] = partition_argument(boxes, argument_dim(i), diagnostics);
    return result;
}

Atoms make_atoms(const BoxSet& boxes, Diagnostics& diagnostics) {
    Atoms result;
    partition_all(boxes, true, result);
    prefer_v4_representatives(result.addresses, result.atoms[SP_DIM_SOURCE]);
    if (check_group_sets(boxes, diagnostics)) make_group_atoms(boxes, result);
    if (check_lineage_sets(boxes, diagnostics)) make_lineage_atoms(boxes, result);
    for (const auto& row : path_dims) {
        result.*row.automaton = make_automaton(boxes, row, diagnostics);
        list_path_atoms(result.*row.automaton, result.atoms[row.dim]);
    }
    for (std::size_t i = 0; i < argument_count; ++i) {
        result.arguments[i] = partition_argument(boxes, argument_dim(i), diagnostics);
        list_argument_atoms(boxes, i, result);
    }
    share_atoms(result);
    return result;
}

} // namespace synpol
