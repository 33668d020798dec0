// SPDX-License-Identifier: Apache-2.0
// What can be asked over the control socket, as a table of routes: docs/operations.md lists them.
#pragma once

#include <vector>

#include "agent/control.h"
#include "agent/service.h"

namespace synpol {

std::vector<ControlRoute> control_routes(Service& service);

} // namespace synpol
