// SPDX-License-Identifier: Apache-2.0
// There are several ways to tell the values of a word apart, and which is short depends on the set:
// a search over stretches for intervals, JSET for flags, a mask and a comparison for fields. All
// are tried and the shortest is taken; larger functions go bit by bit, which is never long for a
// small diagram.
#include "compiler/seccomp/argument_code.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <set>

namespace synpol {

namespace {

constexpr std::uint32_t word_bits = 32;
constexpr std::uint32_t all_ones = 0xffffffff;
constexpr std::size_t stretches_max = 24;
/// Of a function's diagram: what is tried with every alternative.
constexpr std::size_t nodes_max = 64;
constexpr std::size_t exits_max = 4;
constexpr std::size_t tries_max = 4096;
/// An instruction on the way, against one in the program.
constexpr double path_price = 0.25;

/// The words of an argument are stored low one first; the diagram tests the high one first.
std::uint32_t offset_of(std::uint32_t word) {
    const auto argument = word / 2;
    const bool is_high = word % 2 == 0;
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + argument * 8 +
           (is_high ? 4 : 0);
}

constexpr std::uint32_t bit_mask(unsigned bit) {
    return std::uint32_t{1} << bit;
}

} // namespace

std::uint32_t ArgumentCode::Function::first_level() const {
    return word * word_bits;
}

std::uint32_t ArgumentCode::Function::end() const {
    return first_level() + word_bits;
}

bool ArgumentCode::leaves(const Function& function, Edge edge) const {
    return diagrams_.level(edge) >= function.end();
}

double ArgumentCode::price(Place place) const {
    return static_cast<double>(code_.size(place)) + path_price * code_.mean_path(place);
}

FilterCode::Place ArgumentCode::place_of(Edge edge) {
    if (diagrams_.is_leaf(edge)) return code_.answer(return_value(diagrams_.action(edge)));
    if (const auto found = places_.find(edge); found != places_.end()) return found->second;
    const auto word = diagrams_.level(edge) / word_bits;
    const Place place = code_.load(offset_of(word), in_word({edge, word}));
    places_.emplace(edge, place);
    return place;
}

FilterCode::Place ArgumentCode::in_word(const Function& function) {
    if (leaves(function, function.edge)) return place_of(function.edge);
    const auto key = std::make_pair(function.edge, function.word);
    if (const auto found = in_words_.find(key); found != in_words_.end()) return found->second;
    const Place place = best_in_word(function);
    in_words_.emplace(key, place);
    return place;
}

FilterCode::Place ArgumentCode::best_in_word(const Function& function) {
    const bool is_small = ++tried_ < tries_max && diagrams_.weight(function.edge, function.end(),
                                                                   nodes_max + 1) <= nodes_max;
    std::vector<Place> ways;
    const auto add = [&ways](std::optional<Place> place) {
        if (place) ways.push_back(*place);
    };
    add(by_stretches(function, word_bits));
    if (is_small) {
        add(by_masked_stretches(function));
        for (const Edge exit : exits(function)) add(by_mask(function, exit));
        add(by_single(function, all_ones));
    }
    if (ways.empty() || is_small) add(by_top_bit(function));
    return *std::min_element(ways.begin(), ways.end(),
                             [this](Place a, Place b) { return price(a) < price(b); });
}

FilterCode::Place ArgumentCode::by_top_bit(const Function& function) {
    const auto bit = function.end() - 1 - diagrams_.level(function.edge);
    const Place one = in_word({diagrams_.one(function.edge), function.word});
    const Place zero = in_word({diagrams_.zero(function.edge), function.word});
    return code_.test(FilterCode::Test::has_any, bit_mask(bit), one, zero);
}

/// Collects stretches in order, splitting only where the diagram does. False: there are too many.
bool ArgumentCode::spread(const Function& function, Edge edge, unsigned open_bits,
                          std::uint32_t base, Stretches& stretches) {
    if (leaves(function, edge)) {
        const Place target = place_of(edge);
        if (stretches.empty() || stretches.back().target != target)
            stretches.push_back({base, target, 1});
        return stretches.size() <= stretches_max;
    }
    const auto bit = open_bits - 1;
    const bool tests = diagrams_.level(edge) + bit + 1 == function.end();
    const Edge low = tests ? diagrams_.zero(edge) : edge;
    const Edge high = tests ? diagrams_.one(edge) : edge;
    return spread(function, low, bit, base, stretches) &&
           spread(function, high, bit, base | bit_mask(bit), stretches);
}

std::optional<FilterCode::Place> ArgumentCode::by_stretches(const Function& function,
                                                            unsigned open_bits) {
    Stretches stretches;
    if (!spread(function, function.edge, open_bits, 0, stretches)) return std::nullopt;
    return search_tree(code_, stretches);
}

std::uint32_t ArgumentCode::tested_bits(const Function& function) const {
    std::uint32_t bits = 0;
    std::set<Edge> seen;
    std::vector<Edge> open = {function.edge};
    while (!open.empty()) {
        const Edge at = open.back();
        open.pop_back();
        if (leaves(function, at) || !seen.insert(at).second) continue;
        bits |= bit_mask(function.end() - 1 - diagrams_.level(at));
        open.push_back(diagrams_.zero(at));
        open.push_back(diagrams_.one(at));
    }
    return bits;
}

/// A field in the low bits: the others are cut off, then it is a small number.
std::optional<FilterCode::Place> ArgumentCode::by_masked_stretches(const Function& function) {
    const auto highest = static_cast<unsigned>(std::bit_width(tested_bits(function)));
    if (highest == word_bits) return std::nullopt;
    const auto place = by_stretches(function, highest);
    if (!place) return std::nullopt;
    return code_.keep_bits(bit_mask(highest) - 1, *place);
}

std::vector<CallDiagrams::Edge> ArgumentCode::exits(const Function& function) const {
    std::set<Edge> found;
    std::set<Edge> seen;
    std::vector<Edge> open = {function.edge};
    while (!open.empty() && found.size() < exits_max) {
        const Edge at = open.back();
        open.pop_back();
        if (leaves(function, at)) {
            found.insert(at);
        } else if (seen.insert(at).second) {
            open.push_back(diagrams_.zero(at));
            open.push_back(diagrams_.one(at));
        }
    }
    return {found.begin(), found.end()};
}

ArgumentCode::Fixed ArgumentCode::fixed_bits(const Function& function, Edge settled) const {
    std::map<Edge, Fixed> done;
    const auto walk = [&](const auto& self, Edge at) -> Fixed {
        if (at == settled) return {};
        if (leaves(function, at)) return {0, 0, true};
        if (const auto found = done.find(at); found != done.end()) return found->second;
        const auto bit = bit_mask(function.end() - 1 - diagrams_.level(at));
        auto low = self(self, diagrams_.zero(at));
        auto high = self(self, diagrams_.one(at));
        if (low.is_reached) low.zeros |= bit;
        if (high.is_reached) high.ones |= bit;
        return done[at] = {low.zeros & high.zeros, low.ones & high.ones,
                           low.is_reached || high.is_reached};
    };
    return walk(walk, function.edge);
}

/// The function where the bits are as they are fixed.
CallDiagrams::Edge ArgumentCode::without_bits(const Function& function, const Fixed& fixed) {
    std::map<Edge, Edge> done;
    const auto walk = [&](const auto& self, Edge at) -> Edge {
        if (leaves(function, at)) return at;
        if (const auto found = done.find(at); found != done.end()) return found->second;
        const auto bit = bit_mask(function.end() - 1 - diagrams_.level(at));
        Edge result = 0;
        if ((fixed.zeros & bit) != 0)
            result = self(self, diagrams_.zero(at));
        else if ((fixed.ones & bit) != 0)
            result = self(self, diagrams_.one(at));
        else
            result = diagrams_.make(diagrams_.level(at), self(self, diagrams_.zero(at)),
                                    self(self, diagrams_.one(at)));
        return done[at] = result;
    };
    return walk(walk, function.edge);
}

/// Bits that settle the function on one side of them alone: a 1 in any of `ones`, or a 0 in any of
/// `zeros`, leads to `settled`. What is left is the function with all of them the other way.
std::optional<FilterCode::Place> ArgumentCode::by_mask(const Function& function, Edge settled) {
    const auto fixed = fixed_bits(function, settled);
    const auto ones = fixed.zeros;
    const auto zeros = fixed.ones;
    if ((ones | zeros) == 0) return std::nullopt;
    const Edge rest = without_bits(function, fixed);
    const Place out = place_of(settled);
    const bool is_loaded = std::has_single_bit(zeros) || zeros == 0;
    if (!is_loaded) {
        // The mask destroys what was loaded.
        const Place next = leaves(function, rest) ? place_of(rest)
                                                  : code_.load(offset_of(function.word),
                                                               in_word({rest, function.word}));
        return code_.keep_bits(ones | zeros, code_.test(FilterCode::Test::equal, zeros, next, out));
    }
    Place place = in_word({rest, function.word});
    if (zeros != 0) place = code_.test(FilterCode::Test::has_any, zeros, place, out);
    if (ones != 0) place = code_.test(FilterCode::Test::has_any, ones, out, place);
    return place;
}

CallDiagrams::Edge ArgumentCode::value_at(const Function& function, std::uint32_t value) const {
    Edge edge = function.edge;
    while (!leaves(function, edge)) {
        const auto bit = bit_mask(function.end() - 1 - diagrams_.level(edge));
        edge = (value & bit) != 0 ? diagrams_.one(edge) : diagrams_.zero(edge);
    }
    return edge;
}

/// The function with another result for one value.
CallDiagrams::Edge ArgumentCode::with_value(const Function& function, std::uint32_t value,
                                            Edge result) {
    Edge edge = result;
    std::vector<Edge> on_way = {function.edge};
    for (auto level = function.first_level(); level < function.end(); ++level) {
        const Edge at = on_way.back();
        const bool tests = diagrams_.level(at) == level;
        const bool one = (value & bit_mask(function.end() - 1 - level)) != 0;
        const Edge taken = one ? diagrams_.one(at) : diagrams_.zero(at);
        on_way.push_back(tests ? taken : at);
    }
    for (auto level = function.end(); level-- > function.first_level();) {
        const Edge at = on_way[level - function.first_level()];
        const bool tests = diagrams_.level(at) == level;
        const bool one = (value & bit_mask(function.end() - 1 - level)) != 0;
        const Edge low = tests ? diagrams_.zero(at) : at;
        const Edge high = tests ? diagrams_.one(at) : at;
        edge = one ? diagrams_.make(level, low, edge) : diagrams_.make(level, edge, high);
    }
    return edge;
}

/// One value apart from its neighbour, where the others are simpler without it: -1 among flags.
std::optional<FilterCode::Place> ArgumentCode::by_single(const Function& function,
                                                         std::uint32_t value) {
    const Edge own = value_at(function, value);
    const Edge usual = value_at(function, value ^ 1);
    if (own == usual) return std::nullopt;
    const Edge rest = with_value(function, value, usual);
    const auto before = diagrams_.weight(function.edge, function.end(), nodes_max);
    if (diagrams_.weight(rest, function.end(), nodes_max) >= before) return std::nullopt;
    return code_.test(FilterCode::Test::equal, value, place_of(own),
                      in_word({rest, function.word}));
}

} // namespace synpol
