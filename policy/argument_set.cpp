// SPDX-License-Identifier: Apache-2.0
// Diagrams are canonical because every one is built the same way: depth first, the zero side before
// the one side, a node after both of its children, no node twice, none whose edges agree.
#include "policy/argument_set.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <map>

#include <fmt/format.h>

namespace synpol {

class ArgumentSetBuilder {
  public:
    std::uint32_t make(unsigned bit, std::uint32_t zero, std::uint32_t one) {
        if (zero == one) return zero;
        const ArgumentSet::Node node{bit, zero, one};
        const auto next = static_cast<std::uint32_t>(nodes_.size()) + ArgumentSet::first_node;
        const auto [found, added] = known_.emplace(node, next);
        if (added) nodes_.push_back(node);
        return found->second;
    }
    ArgumentSet finish(std::uint32_t root) { return ArgumentSet{root, std::move(nodes_)}; }

  private:
    ArgumentSet::Nodes nodes_;
    std::map<ArgumentSet::Node, std::uint32_t> known_;
};

namespace {

using Edge = std::uint32_t;
constexpr Edge outside = ArgumentSet::outside;
constexpr Edge inside = ArgumentSet::inside;

bool is_constant(Edge edge) {
    return edge < ArgumentSet::first_node;
}

Edge constant(bool member) {
    return member ? inside : outside;
}

std::uint64_t low_bits(unsigned bits) {
    return bits >= ArgumentSet::value_bits ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

bool bit_of(std::uint64_t value, unsigned bit) {
    return (value >> bit & 1) != 0;
}

/// One operand: its nodes, and what a bit that an edge does not test means for it.
struct Operand {
    const ArgumentSet::Nodes& nodes;

    const ArgumentSet::Node& at(Edge edge) const { return nodes[edge - ArgumentSet::first_node]; }
    /// One above the bit that the edge tests; 0 for a constant.
    unsigned height(Edge edge) const { return is_constant(edge) ? 0 : at(edge).bit + 1; }
    Edge zero(Edge edge, unsigned bit) const {
        return height(edge) == bit + 1 ? at(edge).zero : edge;
    }
    Edge one(Edge edge, unsigned bit) const {
        return height(edge) == bit + 1 ? at(edge).one : edge;
    }
};

/// Joins two sets member by member; every pair of edges is looked at once.
class Combination {
  public:
    using Operation = bool (*)(bool, bool);

    Combination(const ArgumentSet& a, const ArgumentSet& b, Operation operation)
        : a_{a.nodes()}, b_{b.nodes()}, operation_{operation} {}

    Edge join(Edge a, Edge b) {
        if (const auto decided = decide(a, b)) return *decided;
        const auto pair = std::make_pair(a, b);
        if (const auto found = done_.find(pair); found != done_.end()) return found->second;
        const unsigned bit = std::max(a_.height(a), b_.height(b)) - 1;
        const Edge zero = join(a_.zero(a, bit), b_.zero(b, bit));
        const Edge one = join(a_.one(a, bit), b_.one(b, bit));
        const Edge made = builder_.make(bit, zero, one);
        done_.emplace(pair, made);
        return made;
    }
    ArgumentSet finish(Edge root) { return builder_.finish(root); }

  private:
    /// Whether one side alone settles it: without this, `a | all` would walk through a.
    std::optional<Edge> decide(Edge a, Edge b) const {
        const bool in_a = a == inside;
        const bool in_b = b == inside;
        if (is_constant(a) && is_constant(b)) return constant(operation_(in_a, in_b));
        if (is_constant(a) && operation_(in_a, false) == operation_(in_a, true)) {
            return constant(operation_(in_a, true));
        }
        if (is_constant(b) && operation_(false, in_b) == operation_(true, in_b)) {
            return constant(operation_(true, in_b));
        }
        return std::nullopt;
    }

    Operand a_;
    Operand b_;
    Operation operation_;
    ArgumentSetBuilder builder_;
    std::map<std::pair<Edge, Edge>, Edge> done_;
};

ArgumentSet combine(const ArgumentSet& a, const ArgumentSet& b, Combination::Operation operation) {
    Combination combination{a, b, operation};
    const Edge root = combination.join(a.root(), b.root());
    return combination.finish(root);
}

/// A chain from the lowest bit up; `step` says what a bit adds to the edge below it.
ArgumentSet chain(const std::function<Edge(ArgumentSetBuilder&, unsigned, Edge)>& step) {
    ArgumentSetBuilder builder;
    Edge below = inside;
    for (unsigned bit = 0; bit < ArgumentSet::value_bits; ++bit) below = step(builder, bit, below);
    return builder.finish(below);
}

ArgumentSet at_least(std::uint64_t first) {
    return chain([first](ArgumentSetBuilder& builder, unsigned bit, Edge below) {
        return bit_of(first, bit) ? builder.make(bit, outside, below)
                                  : builder.make(bit, below, inside);
    });
}

/// Follows the edges that `choose` prefers, away from dead ends.
template <typename Choose>
std::uint64_t walk(const ArgumentSet& set, std::uint64_t untested, Choose choose) {
    std::uint64_t value = untested;
    const Operand operand{set.nodes()};
    for (Edge edge = set.root(); !is_constant(edge);) {
        const auto& node = operand.at(edge);
        const bool one = choose(node);
        const auto mask = std::uint64_t{1} << node.bit;
        value = one ? value | mask : value & ~mask;
        edge = one ? node.one : node.zero;
    }
    return value;
}

/// Collects intervals in order, splitting only where the diagram does.
class Spreading {
  public:
    Spreading(const ArgumentSet& set, std::size_t limit) : set_{set.nodes()}, limit_{limit} {}

    /// `bits`: how many low bits are still open; `base` has the others.
    bool spread(Edge edge, unsigned bits, std::uint64_t base) {
        if (edge == outside) return true;
        if (edge == inside) return append(base, base | low_bits(bits));
        const unsigned bit = bits - 1;
        return spread(set_.zero(edge, bit), bit, base) &&
               spread(set_.one(edge, bit), bit, base | std::uint64_t{1} << bit);
    }
    std::vector<Interval<std::uint64_t>> take() { return std::move(found_); }

  private:
    bool append(std::uint64_t first, std::uint64_t last) {
        if (!found_.empty() && found_.back().last + 1 == first) {
            found_.back().last = last;
            return true;
        }
        if (found_.size() == limit_) return false;
        found_.push_back({first, last});
        return true;
    }

    Operand set_;
    std::size_t limit_;
    std::vector<Interval<std::uint64_t>> found_;
};

} // namespace

ArgumentSet::ArgumentSet(std::uint32_t root, Nodes nodes)
    : constant_{is_constant(root) ? root : outside} {
    assert(is_constant(root) ? nodes.empty() : root + 1 == first_node + nodes.size());
    if (!is_constant(root)) nodes_ = std::make_shared<const Nodes>(std::move(nodes));
}

ArgumentSet ArgumentSet::all() {
    return ArgumentSet{inside, {}};
}

ArgumentSet ArgumentSet::range(std::uint64_t first, std::uint64_t last) {
    if (first > last) return none();
    const auto from_first = at_least(first);
    return last == low_bits(value_bits) ? from_first : from_first - at_least(last + 1);
}

ArgumentSet ArgumentSet::signed_range(std::int64_t first, std::int64_t last, unsigned bits) {
    const auto highest = static_cast<std::int64_t>(low_bits(bits) >> 1);
    first = std::max(first, -highest - 1);
    last = std::min(last, highest);
    if (first > last) return none();
    const auto low = static_cast<std::uint64_t>(first) & low_bits(bits);
    const auto high = static_cast<std::uint64_t>(last) & low_bits(bits);
    // Negative numbers lie above the others in unsigned order.
    const bool crosses_zero = first < 0 && last >= 0;
    const auto set = crosses_zero ? range(low, low_bits(bits)) | range(0, high) : range(low, high);
    return set.with_width(bits);
}

ArgumentSet ArgumentSet::matching(std::uint64_t mask, std::uint64_t value) {
    return chain([mask, value](ArgumentSetBuilder& builder, unsigned bit, Edge below) {
        if (!bit_of(mask, bit)) return below;
        return bit_of(value, bit) ? builder.make(bit, outside, below)
                                  : builder.make(bit, below, outside);
    });
}

ArgumentSet ArgumentSet::with_width(unsigned bits) const {
    assert(bits >= 1 && bits <= value_bits);
    const Operand operand{nodes()};
    Edge edge = root();
    while (operand.height(edge) > bits) edge = operand.at(edge).zero;
    // Copies what is below: the nodes above it are gone, and with them the numbering.
    const auto everything = all();
    Combination copy{*this, everything, [](bool member, bool) { return member; }};
    const Edge copied = copy.join(edge, inside);
    return copy.finish(copied);
}

ArgumentSet operator|(const ArgumentSet& a, const ArgumentSet& b) {
    return combine(a, b, [](bool in_a, bool in_b) { return in_a || in_b; });
}

ArgumentSet operator&(const ArgumentSet& a, const ArgumentSet& b) {
    return combine(a, b, [](bool in_a, bool in_b) { return in_a && in_b; });
}

ArgumentSet operator-(const ArgumentSet& a, const ArgumentSet& b) {
    return combine(a, b, [](bool in_a, bool in_b) { return in_a && !in_b; });
}

bool ArgumentSet::contains(std::uint64_t value) const {
    const Operand operand{nodes()};
    Edge edge = root();
    while (!is_constant(edge)) {
        const auto& node = operand.at(edge);
        edge = bit_of(value, node.bit) ? node.one : node.zero;
    }
    return edge == inside;
}

std::optional<std::uint64_t> ArgumentSet::smallest() const {
    if (empty()) return std::nullopt;
    return walk(*this, 0, [](const Node& node) { return node.zero == outside; });
}

std::optional<std::uint64_t> ArgumentSet::largest() const {
    if (empty()) return std::nullopt;
    return walk(*this, low_bits(value_bits), [](const Node& node) { return node.one != outside; });
}

std::optional<std::vector<Interval<std::uint64_t>>>
ArgumentSet::intervals(std::size_t limit) const {
    Spreading spreading{*this, limit};
    if (!spreading.spread(root(), value_bits, 0)) return std::nullopt;
    return spreading.take();
}

std::strong_ordering ArgumentSet::operator<=>(const ArgumentSet& other) const {
    if (const auto order = constant_ <=> other.constant_; order != 0) return order;
    if (nodes_ == other.nodes_) return std::strong_ordering::equal;
    return nodes() <=> other.nodes();
}

std::size_t ArgumentSet::hash() const {
    std::uint64_t mixed = 0xcbf29ce484222325U ^ constant_;
    for (const auto& [bit, zero, one] : nodes()) {
        for (const std::uint64_t part : {bit, zero, one}) mixed = (mixed ^ part) * 0x100000001b3U;
    }
    return static_cast<std::size_t>(mixed);
}

std::string ArgumentSet::key() const {
    if (!nodes_) return is_all() ? "all" : "none";
    std::string text;
    for (const auto& [bit, zero, one] : nodes()) text += fmt::format("{}:{}:{};", bit, zero, one);
    return text;
}

const ArgumentSet::Nodes& ArgumentSet::nodes() const {
    static const Nodes no_nodes;
    return nodes_ ? *nodes_ : no_nodes;
}

std::uint32_t ArgumentSet::root() const {
    if (!nodes_) return constant_;
    return first_node + static_cast<std::uint32_t>(nodes_->size()) - 1;
}

} // namespace synpol
