// SPDX-License-Identifier: Apache-2.0
// A filter while it is made: instructions as a graph that leads forward, each distinct one once, so
// that equal ends of programs are one. layout() puts them in a row, with trampolines where a target
// is further than a conditional jump reaches.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/seccomp/filter.h"

namespace synpol {

class FilterCode {
  public:
    /// An instruction and all that follows it.
    using Place = std::uint32_t;

    enum class Test : std::uint8_t { equal, at_least, has_any };

    Place answer(std::uint32_t value);
    /// Loads a word of the input: an offset in FilterInput.
    Place load(std::uint32_t offset, Place next);
    /// Keeps only these bits of what was loaded.
    Place keep_bits(std::uint32_t bits, Place next);
    /// No instruction where both ways are the same.
    Place test(Test test, std::uint32_t operand, Place yes, Place no);

    /// Tests, loads and masks from here on; answers are not counted.
    std::size_t size(Place place) const;
    /// Instructions on the way to an answer, if each way of a test is as likely as the other.
    double mean_path(Place place) const { return pieces_[place].path; }

    FilterProgram layout(Place first) const;

  private:
    friend class FilterLayout;
    struct Piece {
        FilterInstruction instruction; ///< without its jumps
        Place yes = 0;                 ///< of loads and masks: what comes next
        Place no = 0;
        double path = 1;
    };
    Place keep(const FilterInstruction& instruction, Place yes, Place no);

    using Key = std::tuple<FilterInstruction, Place, Place>;
    std::vector<Piece> pieces_;
    std::map<Key, Place> known_;
};

} // namespace synpol
