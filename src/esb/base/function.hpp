// A callable that lives inside its owner: like std::move_only_function, but never on the heap.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace esb {

template <typename Signature, std::size_t Capacity = 4 * sizeof(void*)>
class Function;

// Holds any callable of at most `Capacity` bytes that is trivially copyable (function pointers, and lambdas
// that capture references, pointers and numbers). A larger one does not compile.
template <typename R, typename... Args, std::size_t Capacity>
class Function<R(Args...), Capacity> {
public:
    Function() = default;

    template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Function> && std::is_invocable_r_v<R, F&, Args...>)
        Function(F callable) {  // keeps a copy of it; what is too large, or has a destructor, does not compile
        static_assert(sizeof(F) <= Capacity, "the callable captures too much: capture a pointer to it");
        static_assert(std::is_trivially_copyable_v<F>, "capture references, pointers and numbers only");
        static_assert(alignof(F) <= alignof(std::max_align_t));
        new (storage_) F(callable);
        invoke_ = [](void* storage, Args... args) -> R {
            return (*std::launder(reinterpret_cast<F*>(storage)))(std::forward<Args>(args)...);
        };
    }

    explicit operator bool() const { return invoke_ != nullptr; }                                // there is one to call
    R operator()(Args... args) const { return invoke_(storage_, std::forward<Args>(args)...); }  // there must be one

private:
    alignas(std::max_align_t) mutable std::byte storage_[Capacity]{};
    R (*invoke_)(void*, Args...) = nullptr;
};

}  // namespace esb
