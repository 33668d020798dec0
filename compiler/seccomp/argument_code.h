// SPDX-License-Identifier: Apache-2.0
// Tests of arguments: a decision diagram as instructions on the 32-bit words of the input. Only
// words that matter are loaded, so an argument narrower than a register never looks at its upper
// half.
#pragma once

#include <map>
#include <optional>

#include "compiler/seccomp/call_diagram.h"
#include "compiler/seccomp/filter_code.h"
#include "compiler/seccomp/number_search.h"

namespace synpol {

class ArgumentCode {
  public:
    ArgumentCode(CallDiagrams& diagrams, FilterCode& code) : diagrams_{diagrams}, code_{code} {}

    /// Whatever is loaded is forgotten.
    FilterCode::Place place_of(CallDiagrams::Edge edge);

  private:
    using Edge = CallDiagrams::Edge;
    using Place = FilterCode::Place;
    /// A function of one word, which is loaded.
    struct Function {
        Edge edge;
        std::uint32_t word; ///< the first level of the word / 32

        std::uint32_t first_level() const;
        std::uint32_t end() const;
    };

    Place in_word(const Function& function);
    Place best_in_word(const Function& function);
    Place by_top_bit(const Function& function);
    std::optional<Place> by_stretches(const Function& function, unsigned open_bits);
    std::optional<Place> by_masked_stretches(const Function& function);
    /// Bits that are the same on every way to another result than one.
    struct Fixed {
        std::uint32_t zeros = 0xffffffff; ///< those that are 0
        std::uint32_t ones = 0xffffffff;
        bool is_reached = false; ///< there is such a way
    };
    Fixed fixed_bits(const Function& function, Edge settled) const;
    Edge without_bits(const Function& function, const Fixed& fixed);
    std::optional<Place> by_mask(const Function& function, Edge settled);
    std::optional<Place> by_single(const Function& function, std::uint32_t value);

    bool leaves(const Function& function, Edge edge) const;
    Edge value_at(const Function& function, std::uint32_t value) const;
    Edge with_value(const Function& function, std::uint32_t value, Edge result);
    bool spread(const Function& function, Edge edge, unsigned open_bits, std::uint32_t base,
                Stretches& stretches);
    std::vector<Edge> exits(const Function& function) const;
    std::uint32_t tested_bits(const Function& function) const;
    double price(Place place) const;

    CallDiagrams& diagrams_;
    FilterCode& code_;
    std::size_t tried_ = 0; ///< so that no set, however odd, takes long
    std::map<Edge, Place> places_;
    std::map<std::pair<Edge, std::uint32_t>, Place> in_words_;
};

} // namespace synpol
