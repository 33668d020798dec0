// SPDX-License-Identifier: Apache-2.0
// What libbpf says, kept for the error that follows instead of printed: libbpf reports why a
// program was refused only through its one, process-wide print function.
#pragma once

#include <string>

namespace synpol {

/// While one lives, the libbpf messages (warnings and verifier logs) of this thread are collected
/// in it. Messages of threads without one are dropped: only the service prints.
class LibbpfLog {
  public:
    LibbpfLog();
    ~LibbpfLog();
    LibbpfLog(const LibbpfLog&) = delete;
    LibbpfLog& operator=(const LibbpfLog&) = delete;

    const std::string& text() const { return text_; }
    /// The program whose load failed, or "".
    std::string refused_program() const;
    /// The last lines of the verifier's log of it that say something, or the last message.
    std::string last_words() const;

  private:
    friend struct LibbpfLogSink;
    std::string text_;
    LibbpfLog* outer_;
};

} // namespace synpol
