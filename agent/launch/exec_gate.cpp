// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/exec_gate.h"

#include <cstring>

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace synpol {

void ExecGate::receive(int socket) {
    char byte = 0;
    int descriptor = -1;
    iovec part{&byte, 1};
    alignas(cmsghdr) char buffer[CMSG_SPACE(sizeof descriptor)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = buffer;
    message.msg_controllen = sizeof buffer;
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1) return;
    const auto* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    listener_ = Descriptor{descriptor};
}

/// The caller's memory is not looked at: before the first execve only the launcher's code runs.
void ExecGate::answer() {
    seccomp_notif question{};
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &question) != 0) return;
    seccomp_notif_resp reply{};
    reply.id = question.id;
    if (passed_)
        reply.error = -error_;
    else
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    passed_ = true;
    ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

} // namespace synpol
