// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "compiler/dfa.h"

namespace synpol {

namespace {

using Nodes = std::vector<NodeId>; ///< ascending

struct HashNodes {
    std::size_t operator()(const Nodes& nodes) const {
        std::uint64_t hash = nodes.size();
        for (const auto node : nodes) {
            hash = (hash ^ node) * 0x9e3779b97f4a7c15ull;
            hash ^= hash >> 32;
        }
        return static_cast<std::size_t>(hash);
    }
};

/// Every byte that some glob names has a class of its own, '/' always; all others share one.
void classify_bytes(const GlobNfa& nfa, Dfa& dfa) {
    std::array<bool, 256> named{};
    named['/'] = true;
    for (const auto& node : nfa.nodes())
        for (const auto& [byte, to] : node.edges) named[byte] = true;
    Dfa::ByteClass next = 1;
    for (std::size_t byte = 0; byte < 256; ++byte)
        if (named[byte]) dfa.byte_class[byte] = next++;
    dfa.class_count = next;
}

class Determiniser {
  public:
    Determiniser(const GlobNfa& nfa, Membership& membership, std::size_t states_max)
        : nfa_{nfa}, membership_{membership}, states_max_{states_max},
          seen_(nfa.nodes().size(), 0) {}

    bool run() {
        classify_bytes(nfa_, dfa_);
        direct_.resize(dfa_.class_count);
        begin_set();
        insert(0);
        dfa_.start = state_of(finish_set());
        for (std::uint32_t state = 0; state < dfa_.size(); ++state) {
            expand(state);
            if (dfa_.size() > states_max_) return false;
        }
        return true;
    }

    Dfa take() { return std::move(dfa_); }

    /// The globs whose open ends are alive in most states: they multiply.
    std::vector<std::uint32_t> crowding_globs() const {
        std::unordered_map<std::uint32_t, std::size_t> alive;
        for (const auto* nodes : sets_)
            for (const auto node : *nodes)
                if (nfa_.nodes()[node].loop != NfaNode::Loop::none)
                    ++alive[nfa_.nodes()[node].made_for];
        std::vector<std::uint32_t> globs;
        for (const auto& [glob, count] : alive)
            if (count * 10 > sets_.size()) globs.push_back(glob);
        std::sort(globs.begin(), globs.end());
        return globs;
    }

  private:
    void begin_set() {
        ++stamp_;
        building_.clear();
    }
    void insert(NodeId node) {
        if (seen_[node] == stamp_) return;
        seen_[node] = stamp_;
        building_.push_back(node);
        for (const auto to : nfa_.nodes()[node].silent) insert(to); // at most two deep
    }
    Nodes finish_set() {
        std::sort(building_.begin(), building_.end());
        return building_;
    }

    std::uint32_t state_of(Nodes nodes) {
        const auto next = static_cast<std::uint32_t>(dfa_.size());
        const auto [entry, fresh] = states_.try_emplace(std::move(nodes), next);
        if (!fresh) return entry->second;
        sets_.push_back(&entry->first);
        dfa_.edges.emplace_back();
        dfa_.accept.push_back(accept_of(entry->first));
        return next;
    }

    std::uint32_t accept_of(const Nodes& nodes) {
        std::vector<std::uint32_t> globs;
        for (const auto node : nodes) {
            const auto& accepts = nfa_.nodes()[node].accepts;
            globs.insert(globs.end(), accepts.begin(), accepts.end());
        }
        std::sort(globs.begin(), globs.end());
        return membership_.class_of(globs);
    }

    void expand(std::uint32_t state) {
        used_.clear();
        by_other_.clear();
        by_slash_.clear();
        for (const auto node : *sets_[state]) collect(node);
        std::sort(used_.begin(), used_.end());
        by_other_.empty() ? expand_used(state) : expand_all(state);
        for (const auto label : used_) direct_[label].clear();
    }

    /// Where the node's edges lead: by class for single bytes, and for every byte but, or also,
    /// '/'.
    void collect(NodeId node) {
        const NfaNode& from = nfa_.nodes()[node];
        if (from.loop != NfaNode::Loop::none) by_other_.push_back(node);
        if (from.loop == NfaNode::Loop::anything) by_slash_.push_back(node);
        by_other_.insert(by_other_.end(), from.segment_edges.begin(), from.segment_edges.end());
        for (const auto& [byte, to] : from.edges) {
            const auto label = dfa_.byte_class[byte];
            if (direct_[label].empty()) used_.push_back(label);
            direct_[label].push_back(to);
        }
    }

    void expand_used(std::uint32_t state) {
        for (const auto label : used_) add_edge(state, label);
    }

    /// Some node reads every class; classes without edges of their own lead to the same state.
    void expand_all(std::uint32_t state) {
        const auto slash = dfa_.byte_class['/'];
        std::optional<std::uint32_t> common;
        // NOLINTNEXTLINE(bugprone-too-small-loop-variable): there are at most 256 classes
        for (Dfa::ByteClass label = 0; label < dfa_.class_count; ++label) {
            const bool plain = direct_[label].empty() && label != slash;
            if (plain && common) {
                dfa_.edges[state].push_back({label, *common});
                continue;
            }
            add_edge(state, label);
            if (plain) common = dfa_.edges[state].back().to;
        }
    }

    void add_edge(std::uint32_t state, Dfa::ByteClass label) {
        begin_set();
        for (const auto node : direct_[label]) insert(node);
        for (const auto node : label == dfa_.byte_class['/'] ? by_slash_ : by_other_) insert(node);
        if (building_.empty()) return;
        const auto to = state_of(finish_set());
        dfa_.edges[state].push_back({label, to});
    }

    const GlobNfa& nfa_;
    Membership& membership_;
    std::size_t states_max_;
    Dfa dfa_;
    std::unordered_map<Nodes, std::uint32_t, HashNodes> states_;
    std::vector<const Nodes*> sets_; ///< by state; keys of states_, which do not move
    Nodes building_;
    std::vector<std::uint64_t> seen_;
    std::uint64_t stamp_ = 0;
    std::vector<Nodes> direct_;
    std::vector<Dfa::ByteClass> used_;
    Nodes by_other_;
    Nodes by_slash_;
};

} // namespace

std::optional<Dfa> determinise(const GlobNfa& nfa, Membership& membership, std::size_t states_max,
                               std::vector<std::uint32_t>& crowding) {
    Determiniser determiniser{nfa, membership, states_max};
    const bool done = determiniser.run();
    crowding = determiniser.crowding_globs();
    if (!done) return std::nullopt;
    return determiniser.take();
}

} // namespace synpol
