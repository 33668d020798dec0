// SPDX-License-Identifier: Apache-2.0
// What the kernel side of this version does not do yet, as a table of rows. The image leaves out
// boxes that it would read as more than they say, and the plan tells the author of each.
#pragma once

#include <string>
#include <vector>

#include "compiler/box.h"

namespace synpol {

struct KernelGap {
    std::string why;        ///< "limits per port are not kept yet, only per source"
    bool leaves_out = true; ///< the box has no place in the image
};

/// The gaps that a box of a rule falls into; none: it is in the image and means what it says.
std::vector<KernelGap> kernel_gaps(const BoxSet& boxes, const Box& box);

/// Whether the box is in the image.
bool in_image(const BoxSet& boxes, const Box& box);

} // namespace synpol
