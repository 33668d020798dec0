// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/lockdown.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "agent/descriptor.h"

namespace synpol {
namespace {

/// The root of securityfs. Where it is not mounted, a mount of our own that nobody else sees and
/// that ends with the descriptor.
Descriptor open_securityfs() {
    Descriptor context{fsopen("securityfs", FSOPEN_CLOEXEC)};
    if (!context || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
        return Descriptor{::open("/sys/kernel/security", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    return Descriptor{fsmount(context.get(), FSMOUNT_CLOEXEC, 0)};
}

std::string read_security_file(const char* name) {
    const auto root = open_securityfs();
    if (!root) return {};
    const Descriptor file{openat(root.get(), name, O_RDONLY | O_CLOEXEC)};
    if (!file) return {};
    char text[512];
    const auto length = ::read(file.get(), text, sizeof text);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string{};
}

} // namespace

std::string lockdown_state() {
    // "none [integrity] confidentiality"
    const auto text = read_security_file("lockdown");
    const auto open = text.find('[');
    const auto close = text.find(']', open == std::string::npos ? 0 : open);
    if (open == std::string::npos || close == std::string::npos) return {};
    return text.substr(open + 1, close - open - 1);
}

std::string active_security_modules() {
    auto text = read_security_file("lsm");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

} // namespace synpol
