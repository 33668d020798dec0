// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/loopback.h"

#include <cerrno>
#include <cstring>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "agent/descriptor.h"

namespace synpol {

int raise_loopback() {
    const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return errno;
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return errno;
    request.ifr_flags |= IFF_UP;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
}

} // namespace synpol
