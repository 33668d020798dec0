// SPDX-License-Identifier: Apache-2.0
// Sets in words, one word per element or interval, for dumps and differences. Deterministic: equal
// sets give equal words.
#pragma once

#include <string>
#include <vector>

#include "compiler/box.h"

namespace synpol {

using Words = std::vector<std::string>;

/// The words of one set of a dimension's pool. Index 0 is {"any"}.
Words set_words(const BoxSet& boxes, sp_dim dim, SetIndex index);

/// A subject in the words of the language.
std::string subject_text(const SubjectExpr& subject, const Placeholders::Names& names = {});

/// How many sets the dimension's pool holds, "everything" included.
std::size_t set_count(const BoxSet& boxes, sp_dim dim);

/// "{a, b, c}", or with more than `most` words "{a, b, ... 12 more}".
std::string braced(const Words& words, std::size_t most);

} // namespace synpol
