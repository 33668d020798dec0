// SPDX-License-Identifier: Apache-2.0
// One fact of an attempt in words, for reasons and witnesses.
#pragma once

#include <string>

#include "compiler/attempt.h"
#include "compiler/box.h"

namespace synpol {

/// "user 33", "path /etc/shadow", "port 443"; "" when the fact is absent. `names`: of the accounts
/// that numbers stand for.
std::string fact_text(const Attempt& attempt, sp_dim dim, const Placeholders::Names& names = {});

} // namespace synpol
