// SPDX-License-Identifier: Apache-2.0
// The loopback interface of a network namespace of its own, which starts down.
#pragma once

namespace synpol {

/// 0 or errno.
int raise_loopback();

} // namespace synpol
