// SPDX-License-Identifier: Apache-2.0
// Points: for each dimension of a BoxSet finitely many, each standing for values that no set of the
// pools tells apart. Of intervals a point is a stretch between two boundaries, of paths a class of
// the automaton, of groups and ancestors a mask of the sets named, of arguments a block. So a set
// is as many intervals of points as it has intervals, however the sets lie.
#pragma once

#include <array>

#include "compiler/atoms.h"
#include "compiler/attempt.h"
#include "compiler/cell.h"
#include "compiler/dims.h"
#include "compiler/lineage.h"

namespace synpol {

/// What is known of the points of one dimension.
struct DimensionPoints {
    std::uint32_t count = 1;
    PointSet possible; ///< some value of the point exists
    /// Points from the most usual on: a witness takes one of the first that it can.
    std::vector<PointSet> layers;
    /// By point: no set tells those of the same atom apart. Empty: each point is one.
    std::vector<std::uint32_t> atoms;
};

class Points {
  public:
    /// `pools`: a BoxSet of which only the pools and the sets that boxes name are looked at. It has
    /// to outlive this. An Error when it is too large to decide about.
    static Result<Points> make(const BoxSet& pools);

    const DimensionPoints& dimension(sp_dim dim) const { return dimensions_[dim]; }
    /// How many kinds of values, as far as any set tells values apart.
    std::uint64_t atoms_in(sp_dim dim, const PointSet& points) const;
    /// The values behind the points.
    const Atoms& partitions() const { return partitions_; }
    /// The points in a set of the dimension's pool.
    const PointSet& points_of(sp_dim dim, SetIndex set) const;
    /// The points of one value or more, by the partition of the dimension.
    PointSet of_addresses(const AddressSet& addresses) const;
    PointSet of_transports(const TransportSet& transports) const;
    PointSet of_ports(const PortSet& ports) const;
    PointSet of_syscalls(const SyscallSet& syscalls) const;
    PointSet of_users(const IdSet& users) const;
    PointSet of_accounts(const IdSet& accounts) const;
    /// Those whose every value is in the set.
    PointSet of_argument(std::size_t argument, const ArgumentSet& values) const;
    PointSet of_paths_without_memfd() const;

    /// The point of a fact. Precondition: the attempt has it.
    std::uint32_t point_of(sp_dim dim, const Attempt& attempt) const;
    /// Gives the attempt a value of the point.
    void put(sp_dim dim, std::uint32_t point, Attempt& attempt) const;

  private:
    explicit Points(const BoxSet& pools) : pools_{&pools} {}
    Result<void> build();
    Result<void> find_groups();
    Result<void> find_lineages();
    void count_points();
    void find_possible();
    void find_atoms();
    void find_layers();
    void map_sets();
    void map_paths(sp_dim dim, const std::vector<PathSet>& pool, const Automaton& automaton);
    void map_literals(sp_dim dim, const std::vector<GroupLiterals>& pool,
                      const std::vector<std::uint32_t>& masks);
    std::uint32_t point_of_subject(std::size_t place, const SubjectFacts& facts) const;
    void put_subject(std::size_t place, std::uint32_t point, SubjectFacts& facts) const;
    std::uint16_t syscall_at(std::uint32_t point) const;

    const BoxSet* pools_;
    Atoms partitions_;
    std::vector<std::uint32_t> group_masks_; ///< of the points, ascending
    std::vector<std::vector<std::uint32_t>> groups_;
    std::vector<std::uint32_t> lineage_masks_;
    std::vector<std::optional<std::vector<SubjectFacts>>> ancestors_;
    std::array<DimensionPoints, dim_count> dimensions_;
    std::array<std::vector<PointSet>, dim_count> sets_; ///< of shared_dim()
};

} // namespace synpol
