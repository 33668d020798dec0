// SPDX-License-Identifier: Apache-2.0
// The synpol binary as a user runs it: a command with its output and exit code, and an agent in the
// background with a folder of its own.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "temp_folder.h"

namespace synpol::test {

struct Output {
    int code = -1; ///< exit code; 128 + signal
    std::string out;
    std::string err;
};

/// Runs `synpol ARGUMENTS` to its end. `input` is its standard input.
Output synpol(const std::vector<std::string>& arguments, const std::string& input = {});

/// An agent with the sim backend that is ready when the constructor returns.
class RunningAgent {
  public:
    explicit RunningAgent(const TempFolder& folder);
    RunningAgent(const RunningAgent&) = delete;
    RunningAgent& operator=(const RunningAgent&) = delete;
    ~RunningAgent();

    int pid() const { return pid_; }
    /// Sends a signal and waits for the end; the exit code, or 128 + signal.
    int end(int signal);
    /// Waits for it to end by itself.
    int wait();
    std::string log() const; ///< standard error so far

  private:
    std::string log_path_;
    int pid_ = -1;
};

/// Writes agent.yaml for a sim agent whose files are all in the folder; returns its path.
std::string write_config(const TempFolder& folder);

} // namespace synpol::test
