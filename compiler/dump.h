// SPDX-License-Identifier: Apache-2.0
// `synpol compile --dump=boxes|atoms|image`: the stages as text for people and JSON for programs.
// Stable and deterministic: golden tests hold them. (--dump=ast is policy/ast_dump.h.)
#pragma once

#include <string>

#include "compiler/compile.h"

namespace synpol {

std::string dump_boxes(const BoxSet& boxes, bool json);
std::string dump_atoms(const BoxSet& boxes, const Atoms& atoms, bool json);
std::string dump_image(const Image& image, bool json);

} // namespace synpol
