// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/descriptor.h"

namespace synpol {
namespace {

constexpr std::size_t head_bytes = 4096;
constexpr int interpreters_max = 5; ///< as many `#!` of `#!` as the kernel follows

bool is_program(const std::string& path) {
    struct stat about = {};
    return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

CommandError not_runnable(const std::string& path) {
    struct stat about = {};
    if (::stat(path.c_str(), &about) != 0)
        return {Error::from_errno(path, errno), CommandError::not_found};
    return {Error::from_errno(path, S_ISREG(about.st_mode) ? EACCES : EISDIR),
            CommandError::not_runnable};
}

std::string read_at(int file, std::size_t offset, std::size_t bytes) {
    std::string text(bytes, '\0');
    const auto count = ::pread(file, text.data(), bytes, static_cast<off_t>(offset));
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
}

/// "#!/usr/bin/python3 -u" gives "/usr/bin/python3".
std::string script_interpreter(const std::string& head) {
    if (!head.starts_with("#!")) return {};
    const auto line = head.substr(2, head.find('\n') - 2);
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string::npos) return {};
    return line.substr(first, line.find_first_of(" \t", first) - first);
}

template <typename Header, typename Segment>
std::string loader_of(int file, const std::string& head) {
    Header header;
    if (head.size() < sizeof header) return {};
    std::memcpy(&header, head.data(), sizeof header);
    if (header.e_phentsize != sizeof(Segment)) return {};
    const auto table = read_at(file, header.e_phoff, header.e_phnum * sizeof(Segment));
    for (std::size_t at = 0; at + sizeof(Segment) <= table.size(); at += sizeof(Segment)) {
        Segment segment;
        std::memcpy(&segment, table.data() + at, sizeof segment);
        if (segment.p_type != PT_INTERP || segment.p_filesz > head_bytes) continue;
        const auto loader = read_at(file, segment.p_offset, segment.p_filesz);
        return loader.substr(0, loader.find('\0'));
    }
    return {};
}

/// What the kernel opens besides a program: nothing, an interpreter, or a loader.
std::string next_file(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return {};
    const auto head = read_at(file.get(), 0, head_bytes);
    if (!head.starts_with(ELFMAG)) return script_interpreter(head);
    return head.size() > EI_CLASS && head[EI_CLASS] == ELFCLASS64
               ? loader_of<Elf64_Ehdr, Elf64_Phdr>(file.get(), head)
               : loader_of<Elf32_Ehdr, Elf32_Phdr>(file.get(), head);
}

std::string without_links(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr),
                                                           std::free};
    return real ? real.get() : std::string{};
}

} // namespace

std::variant<std::string, CommandError> find_program(const std::string& word,
                                                     const std::string& search) {
    if (word.find('/') != std::string::npos) {
        if (is_program(word)) return word;
        return not_runnable(word);
    }
    for (std::size_t start = 0; start <= search.size();) {
        const auto end = std::min(search.find(':', start), search.size());
        const auto folder = search.substr(start, end - start);
        const auto path = (folder.empty() ? "." : folder) + '/' + word;
        if (is_program(path)) return path;
        start = end + 1;
    }
    return CommandError{Error{fmt::format("{}: command not found", word)}, CommandError::not_found};
}

std::vector<std::string> files_to_execute(const std::string& program) {
    std::vector<std::string> files;
    auto path = program;
    for (int i = 0; i <= interpreters_max + 1 && !path.empty(); ++i) {
        const auto real = without_links(path);
        if (real.empty() || std::find(files.begin(), files.end(), real) != files.end()) break;
        files.push_back(real);
        path = next_file(real);
    }
    return files;
}

} // namespace synpol
