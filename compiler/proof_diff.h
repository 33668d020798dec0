// SPDX-License-Identifier: Apache-2.0
// Proofs that a change breaks (language.md section 7): every `expect` of either side that held
// before and does not hold after, with the attempt that shows it and what made the difference.
#pragma once

#include <string>
#include <vector>

#include "compiler/box.h"
#include "policy/program.h"

namespace synpol {

/// All that is loaded, with its tests as Program::tests() makes them for TestScope::whole.
struct ProofSide {
    const BoxSet& boxes;
    const std::vector<ResolvedTest>& tests;
    const SourceMap& sources;
};

struct BrokenProof {
    enum class Kind {
        weakened,  ///< a refusal is undone
        narrowed,  ///< a pass is undone, or another rule has its say now
        undecided, ///< it cannot be found out any more
    };
    Kind kind = Kind::weakened;
    std::string policy; ///< of the test
    std::string test;
    std::string line; ///< as written, in one line
    bool final_ = false;
    bool looser = false; ///< the attempt gets less than was promised
    // What follows is empty where nothing was decided.
    std::string what;                ///< "`exec /usr/bin/gzip` passes, but should be denied"
    std::string attempt;             ///< as `explain` takes it
    std::string subject;             ///< ... and its --as
    std::vector<std::string> causes; ///< "`web.own-binary` is gone", "`site` exempts it from .."
};
/// "weakened", ...
std::string_view name_of(BrokenProof::Kind kind);

struct ProofDiff {
    std::vector<BrokenProof> broken; ///< weakened ones first
    /// Lines of tests with `given` or `on` that the other side does not have.
    std::size_t not_compared = 0;
};

ProofDiff diff_proofs(const ProofSide& before, const ProofSide& after);

std::string to_text(const ProofDiff& difference);
std::string to_json(const ProofDiff& difference);

} // namespace synpol
