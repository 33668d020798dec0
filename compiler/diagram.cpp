// SPDX-License-Identifier: Apache-2.0
// All blocks are walked down at once, bit by bit. A place in the walk is the list of the blocks
// that are still possible, with the edge that each has reached: equal places are one node.
#include "compiler/diagram.h"

#include <algorithm>
#include <cassert>
#include <map>

namespace synpol {

namespace {

/// A block of the partition that is still possible, and where its own diagram has come to.
using Reached = std::pair<sp_u32, sp_u32>;
using Place = std::vector<Reached>;

class DiagramBuilder {
  public:
    explicit DiagramBuilder(const ArgumentPartition& partition) : blocks_{partition.blocks} {}

    Diagram build() {
        Place start;
        for (sp_u32 block = 0; block < blocks_.size(); ++block)
            start.emplace_back(block, blocks_[block].root());
        const auto root = visit(start);
        return {std::move(nodes_), root};
    }

  private:
    const ArgumentSet::Node& node_of(const Reached& reached) const {
        return blocks_[reached.first].nodes()[reached.second - ArgumentSet::first_node];
    }
    static bool is_node(const Reached& reached) {
        return reached.second >= ArgumentSet::first_node;
    }

    sp_u32 highest_bit(const Place& place) const {
        sp_u32 bit = 0;
        for (const auto& reached : place)
            if (is_node(reached)) bit = std::max(bit, node_of(reached).bit);
        return bit;
    }

    Place follow(const Place& place, sp_u32 bit, bool one) const {
        Place next;
        for (const auto& reached : place) {
            auto edge = reached.second;
            if (is_node(reached) && node_of(reached).bit == bit)
                edge = one ? node_of(reached).one : node_of(reached).zero;
            if (edge != ArgumentSet::outside) next.emplace_back(reached.first, edge);
        }
        return next;
    }

    /// The blocks are a partition: the last one that is possible holds everything that is left.
    sp_u32 visit(const Place& place) {
        assert(!place.empty());
        if (place.size() == 1) return SP_DIAGRAM_ATOM | (place.front().first + SP_ATOM_FIRST);
        if (const auto known = known_.find(place); known != known_.end()) return known->second;
        const auto bit = highest_bit(place);
        const auto zero = visit(follow(place, bit, false));
        const auto one = visit(follow(place, bit, true));
        const auto made = static_cast<sp_u32>(nodes_.size());
        nodes_.push_back({bit, zero, one, 0});
        known_.emplace(place, made);
        return made;
    }

    const std::vector<ArgumentSet>& blocks_;
    std::vector<sp_diagram_node> nodes_;
    std::map<Place, sp_u32> known_;
};

bool leads_on(std::span<const sp_diagram_node> nodes, std::size_t from, sp_u32 edge,
              sp_u32 atom_count) {
    const auto atom = edge & ~SP_DIAGRAM_ATOM;
    if ((edge & SP_DIAGRAM_ATOM) != 0) return atom >= SP_ATOM_FIRST && atom < atom_count;
    return edge < from && nodes[edge].bit < nodes[from].bit;
}

} // namespace

Diagram make_diagram(const ArgumentPartition& partition) {
    return DiagramBuilder{partition}.build();
}

bool is_sound(std::span<const sp_diagram_node> nodes, sp_u32 root, sp_u32 atom_count) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i].bit >= SP_DIAGRAM_STEPS || !leads_on(nodes, i, nodes[i].zero, atom_count) ||
            !leads_on(nodes, i, nodes[i].one, atom_count))
            return false;
    const auto atom = root & ~SP_DIAGRAM_ATOM;
    return (root & SP_DIAGRAM_ATOM) == 0 ? root < nodes.size()
                                         : atom >= SP_ATOM_FIRST && atom < atom_count;
}

} // namespace synpol
