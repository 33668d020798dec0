// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/filter_code.h"

#include <linux/filter.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

namespace synpol {

namespace {

constexpr std::size_t jump_max = std::numeric_limits<std::uint8_t>::max();
constexpr FilterCode::Place nowhere = std::numeric_limits<FilterCode::Place>::max();

constexpr std::uint16_t code_of(FilterCode::Test test) {
    constexpr std::uint16_t operations[] = {BPF_JEQ, BPF_JGE, BPF_JSET};
    return BPF_JMP | BPF_K | operations[static_cast<std::size_t>(test)];
}

bool is_answer(const FilterInstruction& instruction) {
    return BPF_CLASS(instruction.code) == BPF_RET;
}

bool is_test(const FilterInstruction& instruction) {
    return BPF_CLASS(instruction.code) == BPF_JMP;
}

} // namespace

/// Puts the pieces down from the last instruction to the first, each after all that it leads to:
/// so every jump leads forward.
class FilterLayout {
  public:
    explicit FilterLayout(const FilterCode& code) : code_{code} {}

    void place(FilterCode::Place place) {
        if (placed_.contains(place)) return;
        const auto& piece = code_.pieces_[place];
        if (is_answer(piece.instruction)) return put(place, piece.instruction);
        if (is_test(piece.instruction)) return place_test(place, piece);
        this->place(piece.yes);
        if (placed_.at(piece.yes) + 1 != backwards_.size()) jump_to(piece.yes);
        put(place, piece.instruction);
    }
    FilterProgram take() {
        std::reverse(backwards_.begin(), backwards_.end());
        return std::move(backwards_);
    }

  private:
    void place_test(FilterCode::Place place, const FilterCode::Piece& piece) {
        this->place(piece.no);
        this->place(piece.yes);
        // A trampoline for one target moves the test away from the other.
        while (distance(piece.yes) > jump_max || distance(piece.no) > jump_max)
            jump_to(distance(piece.yes) > jump_max ? piece.yes : piece.no);
        auto instruction = piece.instruction;
        instruction.jt = static_cast<std::uint8_t>(distance(piece.yes));
        instruction.jf = static_cast<std::uint8_t>(distance(piece.no));
        put(place, instruction);
    }

    /// What an instruction that is put down now has to skip.
    std::size_t distance(FilterCode::Place target) const {
        return backwards_.size() - placed_.at(target) - 1;
    }

    /// From now on the target is reached by way of this; an answer is rather given twice.
    void jump_to(FilterCode::Place target) {
        const auto& instruction = code_.pieces_[target].instruction;
        const auto skipped = static_cast<std::uint32_t>(distance(target));
        const FilterInstruction jump{BPF_JMP | BPF_JA, 0, 0, skipped};
        put(target, is_answer(instruction) ? instruction : jump);
    }

    void put(FilterCode::Place place, const FilterInstruction& instruction) {
        placed_[place] = backwards_.size();
        backwards_.push_back(instruction);
    }

    const FilterCode& code_;
    std::map<FilterCode::Place, std::size_t> placed_; ///< counted from the end
    FilterProgram backwards_;
};

FilterCode::Place FilterCode::keep(const FilterInstruction& instruction, Place yes, Place no) {
    const auto next = static_cast<Place>(pieces_.size());
    const auto [found, added] = known_.emplace(Key{instruction, yes, no}, next);
    if (!added) return found->second;
    const double after = yes == nowhere ? 0 : pieces_[yes].path;
    const double otherwise = no == nowhere ? after : pieces_[no].path;
    pieces_.push_back({instruction, yes, no, 1 + (after + otherwise) / 2});
    return next;
}

FilterCode::Place FilterCode::answer(std::uint32_t value) {
    return keep({BPF_RET | BPF_K, 0, 0, value}, nowhere, nowhere);
}

FilterCode::Place FilterCode::load(std::uint32_t offset, Place next) {
    return keep({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}, next, nowhere);
}

FilterCode::Place FilterCode::keep_bits(std::uint32_t bits, Place next) {
    return keep({BPF_ALU | BPF_AND | BPF_K, 0, 0, bits}, next, nowhere);
}

FilterCode::Place FilterCode::test(Test test, std::uint32_t operand, Place yes, Place no) {
    return yes == no ? yes : keep({code_of(test), 0, 0, operand}, yes, no);
}

std::size_t FilterCode::size(Place place) const {
    std::set<Place> seen;
    std::vector<Place> open = {place};
    while (!open.empty()) {
        const Place at = open.back();
        open.pop_back();
        if (at == nowhere || is_answer(pieces_[at].instruction)) continue;
        if (!seen.insert(at).second) continue;
        open.push_back(pieces_[at].yes);
        open.push_back(pieces_[at].no);
    }
    return seen.size();
}

FilterProgram FilterCode::layout(Place first) const {
    FilterLayout layout{*this};
    layout.place(first);
    return layout.take();
}

} // namespace synpol
