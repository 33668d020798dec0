// SPDX-License-Identifier: Apache-2.0
// Messages on a pipe: "Content-Length: N", an empty line, N bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace synpol::lsp {

/// Larger messages are read past and refused. A policy file that people edit is a thousandth of it.
constexpr std::size_t message_bytes_max = std::size_t{64} << 20;

struct Frame {
    std::string body;
    std::size_t refused_bytes = 0; ///< not 0: the message had this size, and there is no body
};

class FrameReader {
  public:
    explicit FrameReader(int descriptor) : descriptor_{descriptor} {}

    /// The next message; nothing at the end of the input. An Error: what comes is no protocol, and
    /// where the next message begins cannot be known.
    Result<std::optional<Frame>> next();
    /// Whether something came that next() has not given yet, within a time.
    bool has_input(int wait_ms) const;

  private:
    Result<bool> more();
    Result<std::optional<std::size_t>> header();
    Result<bool> skip(std::size_t count);

    int descriptor_;
    std::string buffer_;
};

Result<void> write_frame(int descriptor, std::string_view body);

} // namespace synpol::lsp
