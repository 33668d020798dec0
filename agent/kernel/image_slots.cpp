// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/image_slots.h"

#include <atomic>
#include <cerrno>

#include <bpf/bpf.h>
#include <fmt/format.h>

namespace synpol {

namespace {

/// Not 0, which a zeroed cache holds. A tag is a digest, and this one is as likely as any other.
constexpr std::uint64_t no_image_has_this_tag = ~0ull;

} // namespace

static_assert(static_cast<std::uint32_t>(ImageSlot::active) == SP_IMAGE_ACTIVE);
static_assert(static_cast<std::uint32_t>(ImageSlot::previous) == SP_IMAGE_PREVIOUS);

Result<std::optional<Image>> ImageSlots::read(ImageSlot which) const {
    auto map = open_slot(images_, which);
    if (!map) return map.error();
    if (!*map) return std::optional<Image>{};
    auto image = read_image_map(map->get());
    if (!image) return image.error();
    return std::optional<Image>{std::move(*image)};
}

/// No map (-1) empties the place.
Result<void> ImageSlots::put(ImageSlot where, int map) {
    const auto key = static_cast<std::uint32_t>(where);
    const int failed = map < 0 ? bpf_map_delete_elem(images_, &key)
                               : bpf_map_update_elem(images_, &key, &map, BPF_ANY);
    if (failed != 0 && !(map < 0 && errno == ENOENT))
        return Error::from_errno(fmt::format("putting an image in place {}", key), errno);
    return {};
}

Result<void> ImageSlots::flip(int next, std::uint64_t tag) {
    auto active = open_slot(images_, ImageSlot::active);
    if (!active) return active.error();
    auto previous = open_slot(images_, ImageSlot::previous);
    if (!previous) return previous.error();
    // From here to the end no cache holds: an agent that dies in between leaves programs that
    // decide by what is there, and not by what they remember of the image before.
    const auto announced = config_.active_tag;
    announce(no_image_has_this_tag);
    // The old one first: at no time would a failure leave the active image without a way back.
    auto flipped = put(ImageSlot::previous, active->get());
    if (flipped) {
        flipped = put(ImageSlot::active, next);
        if (!flipped) (void)put(ImageSlot::previous, previous->get());
    }
    if (!flipped) {
        announce(announced);
        return flipped;
    }
    announce(tag);
    return {};
}

void ImageSlots::announce(std::uint64_t tag) {
    std::atomic_ref{config_.active_tag}.store(tag, std::memory_order_relaxed);
}

} // namespace synpol
