#include "crypto/timestamp.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "base/assert.h"
#include "crypto/hex.h"

namespace escrow::crypto {
namespace {

// Owners of what OpenSSL makes.
template <auto kFree>
struct Freer {
  template <typename Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};
using Request = std::unique_ptr<TS_REQ, Freer<TS_REQ_free>>;
using Reply = std::unique_ptr<TS_RESP, Freer<TS_RESP_free>>;
using Imprint = std::unique_ptr<TS_MSG_IMPRINT, Freer<TS_MSG_IMPRINT_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, Freer<X509_ALGOR_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Freer<ASN1_INTEGER_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Context = std::unique_ptr<TS_VERIFY_CTX, Freer<TS_VERIFY_CTX_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Buffer = std::unique_ptr<BIO, Freer<BIO_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;

// The object that `bytes` encode, all of them; null when they do not.
template <typename Owner, typename Parser>
Owner ParseDer(std::string_view bytes, Parser parse) {
  const auto* next = reinterpret_cast<const unsigned char*>(bytes.data());
  Owner object(parse(nullptr, &next, static_cast<long>(bytes.size())));
  ERR_clear_error();
  return reinterpret_cast<const char*>(next) == bytes.data() + bytes.size() ? std::move(object) : nullptr;
}

// The digest of an imprint; nothing when it is not one of SHA-256.
std::optional<Digest> DigestOf(TS_MSG_IMPRINT* imprint) {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  ASN1_OCTET_STRING* bytes = TS_MSG_IMPRINT_get_msg(imprint);
  Digest digest{};
  if (OBJ_obj2nid(algorithm) != NID_sha256 || static_cast<std::size_t>(ASN1_STRING_length(bytes)) != digest.size()) {
    return std::nullopt;
  }
  std::copy_n(ASN1_STRING_get0_data(bytes), digest.size(), digest.begin());
  return digest;
}

absl::StatusOr<Request> ParseRequest(std::string_view bytes) {
  Request request = ParseDer<Request>(bytes, d2i_TS_REQ);
  return request ? absl::StatusOr<Request>(std::move(request))
                 : absl::InvalidArgumentError("it is no time-stamp request of RFC 3161");
}

// "2026-11-20T10:00:00Z", and as seconds since 1970.
std::string TimeOf(const TS_TST_INFO* info, std::time_t& seconds) {
  std::tm time{};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &time) != 1) {
    return {};
  }
  seconds = timegm(&time);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &time);
  return {text, size};
}

// The reason that OpenSSL gave last.
std::string LastError() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no reason is known" : reason;
}

absl::StatusOr<Store> StoreOf(const std::string& pem, std::time_t at) {
  Store store(X509_STORE_new());
  const Buffer buffer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ESCROW_ASSERT(store && buffer);
  int count = 0;
  while (const Certificate certificate{PEM_read_bio_X509(buffer.get(), nullptr, nullptr, nullptr)}) {
    const int added = X509_STORE_add_cert(store.get(), certificate.get());
    ESCROW_ASSERT(added == 1);
    ++count;
  }
  ERR_clear_error();  // the end of the text is an error of its reader
  if (count == 0) {
    return absl::InvalidArgumentError("the authorities have no certificate in PEM");
  }
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), at);
  return store;
}

// The signature and everything that RFC 3161 asks of it (section 2.2).
absl::Status CheckSigned(TS_RESP* reply, TS_REQ* request, const std::string& authorities, std::time_t at) {
  absl::StatusOr<Store> store = StoreOf(authorities, at);
  if (!store.ok()) {
    return store.status();
  }
  const Context context(TS_REQ_to_TS_VERIFY_CTX(request, nullptr));
  ESCROW_ASSERT(context != nullptr);
  TS_VERIFY_CTX_add_flags(context.get(), TS_VFY_SIGNATURE);
  TS_VERIFY_CTX_set_store(context.get(), store->release());  // frees it
  return TS_RESP_verify_response(context.get(), reply) == 1
             ? absl::OkStatus()
             : absl::DataLossError("its signature does not hold: " + LastError());
}

}  // namespace

std::string MakeTimestampRequest(const Digest& digest, std::string_view nonce) {
  ESCROW_ASSERT(nonce.size() <= 20);
  const Request request(TS_REQ_new());
  const Imprint imprint(TS_MSG_IMPRINT_new());
  const Algorithm algorithm(X509_ALGOR_new());
  const Number number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(nonce.data()), static_cast<int>(nonce.size()), nullptr));
  ESCROW_ASSERT(request && imprint && algorithm && number);
  const Integer integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
  Digest bytes = digest;  // OpenSSL takes no constant
  bool ok = X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1;
  ok = ok && TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1;
  ok = ok && TS_MSG_IMPRINT_set_msg(imprint.get(), bytes.data(), static_cast<int>(bytes.size())) == 1;
  ok = ok && TS_REQ_set_version(request.get(), 1) == 1 && TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1;
  ok = ok && TS_REQ_set_nonce(request.get(), integer.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1;
  ESCROW_ASSERT(ok);
  const int size = i2d_TS_REQ(request.get(), nullptr);
  ESCROW_ASSERT(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* next = reinterpret_cast<unsigned char*>(der.data());
  i2d_TS_REQ(request.get(), &next);
  return der;
}

absl::StatusOr<Digest> DigestOfTimestampRequest(std::string_view request) {
  const absl::StatusOr<Request> parsed = ParseRequest(request);
  if (!parsed.ok()) {
    return parsed.status();
  }
  const std::optional<Digest> digest = DigestOf(TS_REQ_get_msg_imprint(parsed->get()));
  return digest ? absl::StatusOr<Digest>(*digest)
                : absl::InvalidArgumentError("it asks for a time-stamp of something else than a SHA-256 digest");
}

absl::StatusOr<Timestamp> CheckTimestampReply(std::string_view reply, std::string_view request,
                                              const std::optional<std::string>& authorities) {
  const absl::StatusOr<Request> asked = ParseRequest(request);
  ESCROW_ASSERT(asked.ok());
  const Reply parsed = ParseDer<Reply>(reply, d2i_TS_RESP);
  if (!parsed) {
    return absl::DataLossError("it is no time-stamp reply of RFC 3161");
  }
  const std::int64_t state = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(parsed.get())));
  TS_TST_INFO* info = TS_RESP_get_tst_info(parsed.get());
  if (state > 1 || state < 0 || info == nullptr) {
    return absl::DataLossError("the authority granted no time-stamp: status " + std::to_string(state));
  }
  const std::optional<Digest> digest = DigestOf(TS_TST_INFO_get_msg_imprint(info));
  const std::optional<Digest> wanted = DigestOf(TS_REQ_get_msg_imprint(asked->get()));
  if (!digest || digest != wanted) {
    return absl::DataLossError("it is a time-stamp of " +
                               (digest ? "SHA-256 " + HexEncode(*digest) : std::string("another kind of digest")));
  }
  const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(info);
  if (nonce == nullptr || ASN1_INTEGER_cmp(nonce, TS_REQ_get_nonce(asked->get())) != 0) {
    return absl::DataLossError("it is a reply to another request: the nonce differs");
  }
  std::time_t at = 0;
  Timestamp timestamp{.time = TimeOf(info, at), .checked = authorities.has_value()};
  if (timestamp.time.empty()) {
    return absl::DataLossError("the time that it states is none");
  }
  if (authorities) {
    if (absl::Status right = CheckSigned(parsed.get(), asked->get(), *authorities, at); !right.ok()) {
      return right;
    }
  }
  return timestamp;
}

}  // namespace escrow::crypto
