// SPDX-License-Identifier: Apache-2.0
// The two image slots: which image decides, and which one is kept for a rollback.
#pragma once

#include <optional>

#include "agent/kernel/image_maps.h"

namespace synpol {

class ImageSlots {
  public:
    /// `images`: the outer map. `config`: where the programs look for the active tag.
    ImageSlots(int images, sp_config& config) : images_{images}, config_{config} {}

    Result<std::optional<Image>> read(ImageSlot which) const;

    /// Makes `next` the active image and the active one the previous. The kernel's call returns
    /// when every program that still read the old image has ended. On an error nothing has changed.
    Result<void> flip(int next, std::uint64_t tag);

    /// Says to the programs what is active: at the start, for an image that was adopted.
    void announce(std::uint64_t tag);

  private:
    Result<void> put(ImageSlot where, int map);

    int images_;
    sp_config& config_;
};

} // namespace synpol
