// SPDX-License-Identifier: Apache-2.0
// The ring buffer sp_events, read.
#pragma once

#include <functional>
#include <memory>

#include "bpf/abi.h"
#include "policy/result.h"

struct ring_buffer;

namespace synpol {

class EventRing {
  public:
    static Result<std::unique_ptr<EventRing>> open(int map);
    EventRing() = default;
    ~EventRing();
    EventRing(const EventRing&) = delete;
    EventRing& operator=(const EventRing&) = delete;

    int descriptor() const;
    /// Everything that waits now. A record of an unexpected size is an Error, after the others.
    Result<std::size_t> drain(const std::function<void(const sp_event&)>& sink);

  private:
    static int take(void* self, void* data, std::size_t size);

    ring_buffer* ring_ = nullptr;
    const std::function<void(const sp_event&)>* sink_ = nullptr; ///< while drain() runs
    std::size_t misfits_ = 0;
};

} // namespace synpol
