// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/namespaces.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace synpol {
namespace {

/// CAP_SYS_ADMIN is what both kinds ask for.
bool may_administer() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (syscall(SYS_capget, &header, data) != 0) return false;
    return (data[0].effective >> CAP_SYS_ADMIN & 1) != 0;
}

bool child_can(int flags) {
    const pid_t child = ::fork();
    if (child < 0) return false;
    if (child == 0) ::_exit(::unshare(flags) == 0 ? 0 : 1);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

NamespaceAccess namespace_access() {
    if (may_administer()) return NamespaceAccess::direct;
    constexpr int wanted = CLONE_NEWNS | CLONE_NEWNET;
    if (child_can(CLONE_NEWUSER | wanted)) return NamespaceAccess::by_user_namespace;
    return NamespaceAccess::none;
}

} // namespace synpol
