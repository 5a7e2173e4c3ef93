#include "crypto/aes_gcm.h"

#include <openssl/evp.h>

#include <limits>
#include <memory>

#include "base/assert.h"
#include "crypto/random.h"
#include "crypto/wipe.h"

namespace escrow::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

int Size(std::string_view text) {
  ESCROW_ASSERT(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(text.size());
}

Context NewContext() {
  Context context(EVP_CIPHER_CTX_new());
  ESCROW_ASSERT(context != nullptr);
  return context;
}

}  // namespace

std::string SealWithNonce(std::string_view key, std::string_view nonce, std::string_view message,
                          std::string_view context) {
  ESCROW_ASSERT(key.size() == kAesKeyBytes && nonce.size() == kGcmNonceBytes);
  const Context cipher = NewContext();
  std::string sealed(nonce);
  sealed.resize(message.size() + kSealBytes);
  unsigned char* out = Bytes(sealed) + kGcmNonceBytes;
  int size = 0;
  bool good = EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1;
  // No bytes are no call: to libcrypto a null pointer is another question.
  good =
      good && (context.empty() || EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(context), Size(context)) == 1);
  good = good && (message.empty() || EVP_EncryptUpdate(cipher.get(), out, &size, Bytes(message), Size(message)) == 1);
  good = good && EVP_EncryptFinal_ex(cipher.get(), out + message.size(), &size) == 1;
  good = good && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kGcmTagBytes),
                                     out + message.size()) == 1;
  ESCROW_ASSERT(good);
  return sealed;
}

std::string Seal(std::string_view key, std::string_view message, std::string_view context) {
  return SealWithNonce(key, RandomBytes(kGcmNonceBytes), message, context);
}

std::optional<std::string> Open(std::string_view key, std::string_view sealed, std::string_view context) {
  ESCROW_ASSERT(key.size() == kAesKeyBytes);
  if (sealed.size() < kSealBytes) {
    return std::nullopt;
  }
  const std::string_view nonce = sealed.substr(0, kGcmNonceBytes);
  const std::string_view ciphertext = sealed.substr(kGcmNonceBytes, sealed.size() - kSealBytes);
  std::string tag(sealed.substr(sealed.size() - kGcmTagBytes));
  const Context cipher = NewContext();
  std::string message(ciphertext.size() + 1, '\0');  // never empty, so that there is where to write
  int size = 0;
  bool ready = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1;
  ready =
      ready && (context.empty() || EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(context), Size(context)) == 1);
  ready = ready && (ciphertext.empty() ||
                    EVP_DecryptUpdate(cipher.get(), Bytes(message), &size, Bytes(ciphertext), Size(ciphertext)) == 1);
  ready =
      ready && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1;
  ESCROW_ASSERT(ready);
  if (EVP_DecryptFinal_ex(cipher.get(), Bytes(message) + ciphertext.size(), &size) != 1) {
    Wipe(message);  // unauthenticated: nobody may see it
    return std::nullopt;
  }
  message.resize(ciphertext.size());
  return message;
}

}  // namespace escrow::crypto
