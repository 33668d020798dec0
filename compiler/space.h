// SPDX-License-Identifier: Apache-2.0
// Space: everything that can be attempted, as far as some policies and patterns tell it apart. Over
// it every question about decisions has an exact answer and a witness (language.md section 1,
// principle 8): proofs of `expect`, lints and the semantic diff are made of these.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "compiler/box_index.h"
#include "compiler/cell_cover.h"
#include "compiler/points.h"
#include "policy/result.h"

namespace synpol {

/// Which of the policies that a Space was made of: places in the list.
using Origin = std::size_t;

/// An attempt that shows something; every fact of it is given.
struct Witness {
    Point point{};
    Attempt attempt;
};

/// What an `expect` says about every attempt of a region.
struct Claim {
    Outcome outcome = Outcome::pass;
    std::vector<std::uint32_t> by; ///< rules that are all in Det
    bool only_by = false;          ///< and no other is
};

/// Where each outcome is decided; disjoint, together what was asked about.
using Verdicts = std::array<Region, 4>; ///< by Outcome

class Space {
  public:
    /// The common refinement of all that is given. The BoxSets have to outlive the Space. An
    /// exception of a rule is asked about as a pattern: its action, subject and object. An Error
    /// when it is too large to decide about, never a guess.
    static Result<Space> make(std::vector<const BoxSet*> origins,
                              const std::vector<AttemptPattern>& patterns = {});

    // ---- regions -------------------------------------------------------------------------------

    /// Every possible attempt of an action. Left out is what cannot be: a port without a protocol
    /// that has ports, packets between the address families, segments whose flags cannot be read
    /// (a fact that is missing, not a value), groups or ancestors that contradict each other,
    /// arguments of 32-bit callers that are wider, a connection to the unspecified address.
    const Region& everything(Action action) const;
    /// What pattern `index` names.
    const Region& region_of_pattern(std::size_t index) const { return patterns_.at(index); }
    /// What a rule speaks about: decides, limits or counts.
    Result<Region> region_of_rule(Origin origin, std::uint32_t rule) const;
    /// What box `index` of BoxSet::boxes holds of what is possible.
    Result<Region> region_of_box(Origin origin, std::uint32_t index) const;

    Region intersect(const Region& a, const Region& b) const;
    Result<Region> subtract(const Region& a, const Region& b) const;
    Result<Region> unite(const Region& a, const Region& b) const;
    Result<bool> is_subset(const Region& inner, const Region& outer) const;
    /// How many kinds of attempts it has, as far as the policies tell them apart: combinations of
    /// atoms; saturating. The region is made of the regions above, whose cells never split an atom.
    std::uint64_t size(const Region& region) const;
    bool contains(const Region& region, const Attempt& attempt) const;

    // ---- witnesses -----------------------------------------------------------------------------

    /// The point of an attempt that has all facts.
    Point point_of(const Attempt& attempt) const;
    Attempt attempt_at(Action action, const Point& point) const;
    /// The plainest attempt of a region: the fewest facts that are unusual, then the first in the
    /// order of values. Nothing for an empty region.
    std::optional<Witness> witness(const Region& region) const;

    // ---- decisions -----------------------------------------------------------------------------

    /// Boxes of a stage that hold some of the region: indices into BoxSet::boxes, ascending.
    std::vector<std::uint32_t> boxes_in(Origin origin, const Region& region,
                                        Stage stage = Stage::rule) const;
    /// Their rules, ascending, each once.
    std::vector<std::uint32_t> rules_in(Origin origin, const Region& region,
                                        Stage stage = Stage::rule) const;
    Result<Verdicts> regions_by_verdict(Origin origin, const Region& region) const;
    /// The plainest attempt of the region of which the claim is false; nothing: it holds
    /// everywhere.
    Result<std::optional<Witness>> counterexample(Origin origin, const Region& region,
                                                  const Claim& claim) const;

    /// How an action's attempts are told apart, for whoever prints cells: the words of a slot's
    /// points are those of its dimension.
    static std::size_t slot_count(Action action) { return dims_of(action).size(); }
    const Points& points() const { return *points_; }
    /// The pools that the points tell apart, of all policies and patterns together.
    const BoxSet& pools() const { return *pools_; }

  private:
    /// The boxes of one area of one policy.
    struct AreaCells {
        BoxIndex index;
        std::vector<std::uint32_t> boxes; ///< by cell: index into BoxSet::boxes
    };

    Space() = default;
    void file_boxes(Origin origin);
    Cell cell_of_sets(Action action, const std::array<SetIndex, dim_count>& sets) const;
    Result<Region> possible_part(Action action, const Cells& cells) const;
    void keep_family(Attempt& attempt) const;
    const AreaCells* area(Origin origin, Action action, Stage stage) const;
    const Rule& rule_of(Origin origin, std::uint32_t box) const;
    template <typename Wanted>
    Cells boxes_where(Origin origin, const Cell& cell, Action action, Wanted wanted) const;
    Result<void> find_counterexamples(Origin origin, const Region& region, const Claim& claim,
                                      Cells& found) const;
    template <typename Wanted>
    void find_inside(Origin origin, const Region& region, Wanted wanted, Cells& found) const;
    template <typename Wanted>
    Result<void> find_outside(Origin origin, const Region& region, Wanted wanted,
                              Cells& found) const;
    Point plainest_in(Action action, const Cell& cell) const;
    std::uint32_t plainest_of(sp_dim dim, const PointSet& set) const;
    std::size_t unusual_facts(Action action, const Point& point) const;

    std::vector<const BoxSet*> origins_;
    std::unique_ptr<BoxSet> pools_; ///< the pools of all origins and patterns as one
    std::unique_ptr<Points> points_;
    std::array<Region, action_count> universes_;
    std::vector<Region> patterns_;
    std::vector<std::vector<Box>> boxes_; ///< by origin, as in BoxSet::boxes, but of pools_
    std::vector<std::vector<std::vector<std::uint32_t>>> by_rule_; ///< by origin and rule
    std::vector<std::map<sp_area_id, AreaCells>> areas_;           ///< by origin
    bool icmp_is_one_ = true; ///< no set tells the protocols of ICMP apart
};

} // namespace synpol
