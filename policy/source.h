// SPDX-License-Identifier: Apache-2.0
// Source text and places in it. The policy layer reads no files: it is handed a SourceLoader.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace synpol {

/// Index of a file in a SourceMap.
using FileId = std::uint32_t;

/// A half-open range of bytes [begin, end) of one file.
struct Span {
    FileId file = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    bool operator==(const Span&) const = default;
};

/// Line and column, both from 1; columns count bytes.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    bool operator==(const Position&) const = default;
};

struct SourceFile {
    std::string path; ///< as the user named it, or relative to the file that uses it
    std::string text;
    std::vector<std::uint32_t> line_starts; ///< offsets; line_starts[0] == 0
};

/// All the files of one run. Files are never removed, so FileIds stay valid.
class SourceMap {
  public:
    FileId add(std::string path, std::string text);
    const SourceFile& file(FileId id) const { return *files_.at(id); }
    std::size_t size() const { return files_.size(); }

    Position position(FileId file, std::uint32_t offset) const;
    /// The text of a line (from 1) without its newline.
    std::string_view line(FileId file, std::uint32_t number) const;
    std::string_view text(Span span) const;

  private:
    std::vector<std::unique_ptr<SourceFile>> files_;
};

/// Where text comes from: the file system (agent/), or a table in tests.
class SourceLoader {
  public:
    virtual ~SourceLoader() = default;

    /// Reads a policy file or a `file` set. `from` is the path of the file that names it ("" for a
    /// file named by the user); relative paths are relative to its folder. On success `path` is
    /// the normalised path that identifies the file (so that a cycle is seen).
    struct Loaded {
        std::string path;
        std::string text;
    };
    virtual Result<Loaded> load(std::string_view path, std::string_view from) = 0;
};

/// Names that live outside a policy: users and groups of the host. A name that is not found gives
/// nothing; a number always works without it.
class NameService {
  public:
    virtual ~NameService() = default;
    virtual std::optional<std::uint32_t> user(std::string_view name) = 0;
    virtual std::optional<std::uint32_t> group(std::string_view name) = 0;
    /// For "did you mean", so that some may be left out.
    virtual std::vector<std::string> user_names() { return {}; }
    virtual std::vector<std::string> group_names() { return {}; }
};

} // namespace synpol
