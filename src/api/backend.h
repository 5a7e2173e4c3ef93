#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "api/event_hub.h"
#include "api/identity.h"
#include "api/look_back.h"
#include "api/participants.h"
#include "api/reader_pool.h"
#include "engine/engine.h"
#include "publish/publisher.h"
#include "vault/vault.h"

namespace escrow::api {

// What the services share. Made by Server, which outlives every call. Any thread.
struct Backend {
  engine::Engine& engine;
  publish::Publisher* publisher;               // null: nothing is published
  std::string version;                         // of the program
  std::size_t inflight_per_credential_max;     // commands of one credential in the engine
  std::size_t reads_per_credential_max;        // reads of one credential at a time
  std::size_t streams_per_credential_max;      // event and command streams of one credential at a time
  std::function<void(std::string_view)> warn;  // tells the operator that the log could not be read
  CredentialDirectory credentials;
  ParticipantIndex participants;
  EventHub hub;
  std::atomic<bool> replaying = false;  // a VerifyReplay runs
  ReaderPool readers;                   // after all that its tasks use
  ReaderPool replayer;
  LookBack look_back;
  vault::Vault* vault = nullptr;  // null: there is none
  ReaderPool vault_writer;        // one thread: what writes to the vault, in order
};

}  // namespace escrow::api
