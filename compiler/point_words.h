// SPDX-License-Identifier: Apache-2.0
// Sets of points in words, for people: the sets that the policies name where they fit, else values.
#pragma once

#include "compiler/set_text.h"
#include "compiler/space.h"

namespace synpol {

/// What a cell says about one dimension of its action.
struct SlotWords {
    sp_dim dim{};
    Words words;
};

/// The dimensions that the cell constrains; what is everything possible is left out.
std::vector<SlotWords> words_of(const Space& space, Action action, const Cell& cell);
/// "to 10.0.0.0/8, port 443"; "everything" where nothing is constrained.
std::string text_of(const Space& space, Action action, const Cell& cell);

} // namespace synpol
