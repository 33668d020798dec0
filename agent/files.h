// SPDX-License-Identifier: Apache-2.0
// The file system as the verbs and the agent see it: whole files read and written, the policy files
// of a folder, and the SourceLoader that reads from disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/source.h"

namespace synpol {

Result<std::string> read_file(const std::string& path);
Result<std::string> read_standard_input();
/// Writes a new file beside and renames it over `path`, so that a reader sees the old or the new
/// one.
Result<void> write_file(const std::string& path, std::string_view text);
/// Writes a file that exists anew, in the same way, and keeps its mode. Safe in a crash.
Result<void> replace_file(const std::string& path, std::string_view text);

/// Makes the folder with its parents; the last one gets `mode`. One that exists is left as it is.
Result<void> make_folder(const std::string& path, unsigned mode);

/// `path` itself, or for a folder all its .syn files, sorted; a folder without any is an error.
Result<std::vector<std::string>> policy_files(const std::string& path);

/// How a path in `use` or `file` is understood: relative to the folder of `from`, then without "."
/// and ".." segments. No look at the file system, so that a bundle finds again what it recorded.
std::string resolve_path(std::string_view path, std::string_view from);

class FileLoader : public SourceLoader {
  public:
    Result<Loaded> load(std::string_view path, std::string_view from) override;
};

} // namespace synpol
