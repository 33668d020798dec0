// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/event_ring.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/libbpf.h>
#include <fmt/format.h>

namespace synpol {

Result<std::unique_ptr<EventRing>> EventRing::open(int map) {
    auto made = std::make_unique<EventRing>();
    made->ring_ = ring_buffer__new(map, take, made.get(), nullptr);
    if (made->ring_ == nullptr) return Error::from_errno("opening the event ring", errno);
    return made;
}

EventRing::~EventRing() {
    ring_buffer__free(ring_);
}

int EventRing::descriptor() const {
    return ring_buffer__epoll_fd(ring_);
}

int EventRing::take(void* self, void* data, std::size_t size) {
    auto& ring = *static_cast<EventRing*>(self);
    if (size < sizeof(sp_event_head)) {
        ++ring.misfits_;
        return 0;
    }
    // Copied, because records in the ring are aligned to 8 bytes only by luck of layout, and end
    // early where there is no path.
    sp_event event{};
    std::memcpy(&event, data, std::min(size, sizeof event));
    (*ring.sink_)(event);
    return 0;
}

Result<std::size_t> EventRing::drain(const std::function<void(const sp_event&)>& sink) {
    sink_ = &sink;
    misfits_ = 0;
    const int taken = ring_buffer__consume(ring_);
    sink_ = nullptr;
    if (taken < 0) return Error::from_errno("reading the event ring", -taken);
    if (misfits_ != 0)
        return Error{fmt::format("{} records in the event ring are of no known size", misfits_)};
    return static_cast<std::size_t>(taken);
}

} // namespace synpol
