// SPDX-License-Identifier: Apache-2.0
#include "agent/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/descriptor.h"

namespace synpol {
namespace {

/// A policy set that is larger than this was not written by a person; reading it would only take
/// the memory of the host.
constexpr std::size_t largest_file = std::size_t{1} << 30;

Result<void> write_all(int descriptor, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Error::from_errno("writing " + path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::string> read_all(int descriptor, const std::string& path) {
    std::string text;
    char buffer[65536];
    for (;;) {
        const auto count = ::read(descriptor, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error::from_errno(path, errno);
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > largest_file) return Error{path + ": larger than 1 GiB"};
    }
}

/// The mode always; the owner where this process may give files away, as root may.
Result<void> keep_attributes(int descriptor, const struct stat& before, const std::string& path) {
    if (::fchown(descriptor, before.st_uid, before.st_gid) != 0 && errno != EPERM) {
        return Error::from_errno("setting the owner of " + path, errno);
    }
    if (::fchmod(descriptor, before.st_mode & 07777) != 0) {
        return Error::from_errno("setting the mode of " + path, errno);
    }
    return {};
}

Result<void> fill(int descriptor, std::string_view text, const struct stat& before,
                  const std::string& path) {
    auto written = write_all(descriptor, text, path);
    if (written) written = keep_attributes(descriptor, before, path);
    // Without it a crash may leave the new name with no bytes behind it.
    if (written && ::fsync(descriptor) != 0) {
        written = Error::from_errno("writing " + path, errno);
    }
    return written;
}

} // namespace

Result<std::string> read_file(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return Error::from_errno(path, errno);
    return read_all(file.get(), path);
}

Result<std::string> read_standard_input() {
    return read_all(STDIN_FILENO, "standard input");
}

Result<void> replace_file(const std::string& path, std::string_view text) {
    std::error_code code;
    const auto target = std::filesystem::canonical(path, code).string(); // a link stays one
    if (code) return Error::from_errno(path, code.value());
    struct stat before = {};
    if (::stat(target.c_str(), &before) != 0) return Error::from_errno(target, errno);
    std::string beside = target + ".XXXXXX";
    const Descriptor file{::mkostemp(beside.data(), O_CLOEXEC)};
    if (!file) return Error::from_errno(beside, errno);
    auto written = fill(file.get(), text, before, beside);
    if (written && ::rename(beside.c_str(), target.c_str()) != 0) {
        written = Error::from_errno("renaming to " + target, errno);
    }
    if (!written) ::unlink(beside.c_str());
    return written;
}

Result<void> write_file(const std::string& path, std::string_view text) {
    const std::string beside = path + ".new";
    const Descriptor file{
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) return Error::from_errno(beside, errno);
    auto written = write_all(file.get(), text, beside);
    if (written && ::rename(beside.c_str(), path.c_str()) != 0) {
        written = Error::from_errno("renaming to " + path, errno);
    }
    if (!written) ::unlink(beside.c_str());
    return written;
}

Result<void> make_folder(const std::string& path, unsigned mode) {
    std::error_code code;
    if (std::filesystem::is_directory(path, code)) return {};
    const auto parent = std::filesystem::path{path}.parent_path();
    std::filesystem::create_directories(parent, code);
    if (code) return Error::from_errno("making folder " + parent.string(), code.value());
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
        return Error::from_errno("making folder " + path, errno);
    }
    return {};
}

Result<std::vector<std::string>> policy_files(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code code;
    const auto status = fs::status(path, code);
    if (code) return Error::from_errno(path, code.value());
    if (!fs::is_directory(status)) return std::vector{path};
    std::vector<std::string> files;
    for (fs::directory_iterator entry{path, code}, end; !code && entry != end;
         entry.increment(code)) {
        if (entry->path().extension() == ".syn") files.push_back(entry->path().string());
    }
    if (code) return Error::from_errno(path, code.value());
    if (files.empty()) return Error{path + ": no .syn file in this folder"};
    std::sort(files.begin(), files.end());
    return files;
}

std::string resolve_path(std::string_view path, std::string_view from) {
    const std::filesystem::path named{path};
    if (from.empty() || named.is_absolute()) return named.lexically_normal().string();
    return (std::filesystem::path{from}.parent_path() / named).lexically_normal().string();
}

Result<SourceLoader::Loaded> FileLoader::load(std::string_view path, std::string_view from) {
    auto resolved = resolve_path(path, from);
    auto text = read_file(resolved);
    if (!text) return std::move(text.error());
    return Loaded{std::move(resolved), std::move(*text)};
}

} // namespace synpol
