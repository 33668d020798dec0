// SPDX-License-Identifier: Apache-2.0
// Random models, and attempts that lie on and around the boundaries of a model's sets, for tests
// that compare two ways to decide. Everything follows from one seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bpf/abi.h"
#include "compiler/attempt.h"
#include "policy/model.h"

namespace synpol::testing {

/// Environment variable SYNPOL_SEED, else a fresh one. Tests print it when they fail.
std::uint64_t seed_from_environment();

/// A source of choices. Same seed, same choices, with every standard library.
class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}

    std::uint64_t bits() { return engine_(); }
    /// 0..count-1. Precondition: count > 0.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <typename T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

  private:
    std::mt19937_64 engine_;
};

struct ModelOptions {
    unsigned rules_max = 12;
    /// Address lists long enough for trees of several pages and for the /24 states.
    bool long_lists = false;
    /// Every action, kind of rule and dimension, not only what the kernel side decides.
    bool whole_language = false;
};

/// A model with rules of all actions and kinds, subjects with groups and globs, exceptions and
/// limits. No two of its rules are refused for disagreeing about the errno.
Model random_model(Random& random, const ModelOptions& options = {});

/// What a test might ask about: an action with a random object and subject.
AttemptPattern random_pattern(Random& random, const Model& model, const ModelOptions& options = {});

/// The values of a model's sets that are worth trying: first, last and both neighbours of
/// intervals, paths made from the globs.
struct Interesting {
    std::vector<std::uint32_t> users;
    std::vector<std::uint32_t> groups;
    std::vector<std::string> exes;
    std::vector<std::string> cgroups;
    std::vector<std::uint16_t> syscalls; ///< keys
    std::vector<Address> addresses;
    std::vector<std::uint16_t> ports;
    std::vector<std::string> paths;
    std::vector<std::uint64_t> arguments;
    std::vector<Action> actions; ///< of the rules, at least one
    bool whole_language = false;
};
Interesting interesting_values(Random& random, const Model& model,
                               const ModelOptions& options = {});

/// At most SP_TEST_GROUPS groups and SP_TEST_PATH bytes a path; some facts are absent.
Attempt random_attempt(Random& random, const Interesting& values);
/// Every fact that the action has is there, and such an attempt can be made.
Attempt random_possible_attempt(Random& random, const Interesting& values);

/// The attempt as the kernel's test program takes it. `area` chooses between the two areas of
/// inbound packets and is the action's own area otherwise.
sp_test_attempt to_test_attempt(const Attempt& attempt, sp_area_id area);

} // namespace synpol::testing
