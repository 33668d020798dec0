// SPDX-License-Identifier: Apache-2.0
// Minimisation of sparse automata in O(edges log states): A. Valmari and P. Lehtinen, "Efficient
// minimization of DFAs with partial transition functions", STACS 2008. Two partitions refine each
// other: blocks of states, and cords of edges (equal label, targets in one block).
#include <algorithm>
#include <numeric>

#include "compiler/dfa.h"

namespace synpol {

namespace {

/// A partition of 0..count-1 that is refined by marking elements and splitting.
class RefinablePartition {
  public:
    explicit RefinablePartition(std::size_t count)
        : elements_(count), place_(count), set_(count, 0), first_{0}, end_{count}, marked_{0} {
        std::iota(elements_.begin(), elements_.end(), 0u);
        std::iota(place_.begin(), place_.end(), 0u);
        if (count == 0) first_.clear();
    }

    std::size_t set_count() const { return first_.size(); }
    std::uint32_t set_of(std::uint32_t element) const { return set_[element]; }
    /// Copies, because marking moves elements about.
    std::vector<std::uint32_t> members(std::size_t set) const {
        return {elements_.begin() + static_cast<std::ptrdiff_t>(first_[set]),
                elements_.begin() + static_cast<std::ptrdiff_t>(end_[set])};
    }

    void mark(std::uint32_t element) {
        const auto set = set_[element];
        const auto target = first_[set] + marked_[set];
        if (place_[element] < target) return; // marked already
        if (marked_[set] == 0) touched_.push_back(set);
        const auto place = place_[element];
        elements_[place] = elements_[target];
        place_[elements_[place]] = static_cast<std::uint32_t>(place);
        elements_[target] = element;
        place_[element] = static_cast<std::uint32_t>(target);
        ++marked_[set];
    }

    /// Takes the marked and the unmarked elements of every touched set apart; the smaller part gets
    /// the new number, which bounds the work.
    void split() {
        for (const auto set : touched_) split_one(set);
        touched_.clear();
    }

  private:
    void split_one(std::uint32_t set) {
        const auto border = first_[set] + marked_[set];
        const bool all_marked = border == end_[set];
        const auto marked = marked_[set];
        marked_[set] = 0;
        if (all_marked) return;
        const bool marked_is_smaller = marked <= end_[set] - border;
        const auto fresh = static_cast<std::uint32_t>(first_.size());
        first_.push_back(marked_is_smaller ? first_[set] : border);
        end_.push_back(marked_is_smaller ? border : end_[set]);
        marked_.push_back(0);
        (marked_is_smaller ? first_[set] : end_[set]) = border;
        for (auto place = first_[fresh]; place < end_[fresh]; ++place)
            set_[elements_[place]] = fresh;
    }

    std::vector<std::uint32_t> elements_;
    std::vector<std::uint32_t> place_;
    std::vector<std::uint32_t> set_;
    std::vector<std::size_t> first_;
    std::vector<std::size_t> end_;
    std::vector<std::size_t> marked_;
    std::vector<std::uint32_t> touched_;
};

struct FlatEdge {
    std::uint32_t from;
    std::uint32_t to;
    Dfa::ByteClass label;
};

/// By state the edges that end there.
std::vector<std::vector<std::uint32_t>> incoming(const std::vector<FlatEdge>& edges,
                                                 std::size_t states) {
    std::vector<std::vector<std::uint32_t>> into(states);
    for (std::uint32_t edge = 0; edge < edges.size(); ++edge) into[edges[edge].to].push_back(edge);
    return into;
}

std::vector<FlatEdge> flat_edges(const Dfa& dfa) {
    std::vector<FlatEdge> edges;
    for (std::uint32_t from = 0; from < dfa.size(); ++from)
        for (const auto& [label, to] : dfa.edges[from]) edges.push_back({from, to, label});
    return edges;
}

/// Which states can still reach a class other than 0.
std::vector<bool> living_states(const Dfa& dfa) {
    const auto edges = flat_edges(dfa);
    const auto into = incoming(edges, dfa.size());
    std::vector<bool> living(dfa.size(), false);
    std::vector<std::uint32_t> pending;
    const auto visit = [&](std::uint32_t state) {
        if (living[state]) return;
        living[state] = true;
        pending.push_back(state);
    };
    for (std::uint32_t state = 0; state < dfa.size(); ++state)
        if (dfa.accept[state] != 0) visit(state);
    while (!pending.empty()) {
        const auto state = pending.back();
        pending.pop_back();
        for (const auto edge : into[state]) visit(edges[edge].from);
    }
    return living;
}

void drop_dead_states(Dfa& dfa) {
    const auto living = living_states(dfa);
    std::vector<std::uint32_t> number(dfa.size(), 0);
    std::uint32_t kept = 0;
    for (std::uint32_t state = 0; state < dfa.size(); ++state) {
        if (!living[state]) continue;
        number[state] = kept;
        std::erase_if(dfa.edges[state], [&](const auto& edge) { return !living[edge.to]; });
        if (kept != state) dfa.edges[kept] = std::move(dfa.edges[state]);
        dfa.accept[kept++] = dfa.accept[state];
    }
    if (!living.empty() && !living[dfa.start]) kept = 0;
    dfa.edges.resize(kept);
    dfa.accept.resize(kept);
    for (auto& edges : dfa.edges)
        for (auto& edge : edges) edge.to = number[edge.to];
    dfa.start = kept == 0 ? 0 : number[dfa.start];
}

/// The first split: states of one acceptance class are a block.
void split_by_acceptance(const Dfa& dfa, RefinablePartition& blocks) {
    std::vector<std::uint32_t> order(dfa.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return dfa.accept[a] < dfa.accept[b]; });
    for (std::size_t i = 0; i < order.size();) {
        const auto accept = dfa.accept[order[i]];
        for (; i < order.size() && dfa.accept[order[i]] == accept; ++i) blocks.mark(order[i]);
        blocks.split();
    }
}

void split_by_label(const std::vector<FlatEdge>& edges, std::uint32_t labels,
                    RefinablePartition& cords) {
    std::vector<std::vector<std::uint32_t>> by_label(labels);
    for (std::uint32_t edge = 0; edge < edges.size(); ++edge)
        by_label[edges[edge].label].push_back(edge);
    for (const auto& with_label : by_label) {
        for (const auto edge : with_label) cords.mark(edge);
        cords.split();
    }
}

RefinablePartition equivalent_states(const Dfa& dfa) {
    const auto edges = flat_edges(dfa);
    const auto into = incoming(edges, dfa.size());
    RefinablePartition blocks{dfa.size()};
    RefinablePartition cords{edges.size()};
    split_by_acceptance(dfa, blocks);
    split_by_label(edges, dfa.class_count, cords);
    // Block 0 must be refined against too here, because with more than two classes of acceptance no
    // block's cords follow from those of the others.
    std::size_t next_block = 0;
    for (std::size_t cord = 0; cord < cords.set_count() || next_block < blocks.set_count();) {
        for (; next_block < blocks.set_count(); ++next_block) {
            for (const auto state : blocks.members(next_block))
                for (const auto edge : into[state]) cords.mark(edge);
            cords.split();
        }
        if (cord >= cords.set_count()) break;
        for (const auto edge : cords.members(cord)) blocks.mark(edges[edge].from);
        blocks.split();
        ++cord;
    }
    return blocks;
}

} // namespace

Dfa minimise(const Dfa& dfa) {
    Dfa living = dfa;
    drop_dead_states(living);
    const auto blocks = equivalent_states(living);
    Dfa smallest;
    smallest.byte_class = dfa.byte_class;
    smallest.class_count = dfa.class_count;
    if (living.size() == 0) return smallest;
    smallest.start = blocks.set_of(living.start);
    smallest.edges.resize(blocks.set_count());
    smallest.accept.resize(blocks.set_count());
    for (std::uint32_t state = 0; state < living.size(); ++state) {
        const auto block = blocks.set_of(state);
        if (!smallest.edges[block].empty()) continue; // all states of a block say the same
        smallest.accept[block] = living.accept[state];
        smallest.edges[block] = living.edges[state];
        for (auto& edge : smallest.edges[block]) edge.to = blocks.set_of(edge.to);
    }
    return smallest;
}

} // namespace synpol
