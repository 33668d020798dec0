// SPDX-License-Identifier: Apache-2.0
// Structures and numbers of Linux 6.18's include/uapi/linux/landlock.h: that of the build host may
// be older. A kernel that knows less takes a shorter structure, as long as the rest is zero.
#include "agent/launch/landlock.h"

#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/launch/host_files.h"

namespace synpol {
namespace {

struct RulesetAttributes {
    std::uint64_t handled_files;
    std::uint64_t handled_net; ///< ABI 4
    std::uint64_t scoped;      ///< ABI 6
};
struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed;
    std::int32_t parent;
};
struct PortRule {
    std::uint64_t allowed;
    std::uint64_t port;
};
constexpr unsigned create_version = 1u << 0;
constexpr int rule_path_beneath = 1;
constexpr int rule_net_port = 2;

Result<Descriptor> create(const LandlockFiles& files, const LandlockNet& net) {
    const RulesetAttributes attributes{files.handled, net.handled, net.scoped};
    const auto size = net.scoped != 0    ? sizeof attributes
                      : net.handled != 0 ? offsetof(RulesetAttributes, scoped)
                                         : offsetof(RulesetAttributes, handled_net);
    Descriptor ruleset{
        static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0))};
    if (!ruleset) return Error::from_errno("creating a Landlock ruleset", errno);
    return ruleset;
}

Result<void> add_path(int ruleset, const PathGrant& grant) {
    const auto place = open_place(grant.path);
    if (!place) return {};
    struct stat about = {};
    if (::fstat(place.get(), &about) != 0) return {};
    // A folder where a file was when the rules were made would be given all that is in it.
    const bool is_folder = S_ISDIR(about.st_mode);
    if (is_folder != grant.is_folder) return {};
    const PathBeneath rule{grant.rights, place.get()};
    if (syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) == 0) return {};
    return Error::from_errno("adding a Landlock rule for " + grant.path, errno);
}

Result<void> add_port(int ruleset, const PortGrant& grant) {
    const PortRule rule{grant.rights, grant.port};
    if (syscall(SYS_landlock_add_rule, ruleset, rule_net_port, &rule, 0) == 0) return {};
    return Error::from_errno(fmt::format("adding a Landlock rule for port {}", grant.port), errno);
}

} // namespace

unsigned landlock_abi() {
    const auto abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, create_version);
    return abi < 0 ? 0 : static_cast<unsigned>(abi);
}

Result<Descriptor> make_ruleset(const LandlockFiles& files, const LandlockNet& net) {
    auto ruleset = create(files, net);
    if (!ruleset) return ruleset;
    for (const auto& grant : files.grants)
        if (auto added = add_path(ruleset->get(), grant); !added) return std::move(added.error());
    for (const auto& grant : net.grants)
        if (auto added = add_port(ruleset->get(), grant); !added) return std::move(added.error());
    return ruleset;
}

int restrict_self(int ruleset) {
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : errno;
}

} // namespace synpol
