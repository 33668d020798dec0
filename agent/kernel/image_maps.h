// SPDX-License-Identifier: Apache-2.0
// Images in the kernel: one inner map of `sp_images` holds one image, a page to an element.
#pragma once

#include "agent/descriptor.h"
#include "compiler/image.h"

namespace synpol {

/// A new inner map with exactly the image's bytes: written by mmap, read back through the system
/// call and compared, then frozen, so that user space cannot change a generation any more.
Result<Descriptor> make_image_map(const Image& image);

/// The image in an inner map. Anything that is not one (layout, version, tag) is an Error.
Result<Image> read_image_map(int map);

/// Keys of the outer map `sp_images`.
enum class ImageSlot : std::uint32_t { active = 0, previous = 1 };

/// The inner map at a key of the outer map, or no descriptor when there is none.
Result<Descriptor> open_slot(int images, ImageSlot which);

} // namespace synpol
