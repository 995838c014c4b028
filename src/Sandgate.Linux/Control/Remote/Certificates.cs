using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sandgate.Linux.Control.Remote;

/// <summary>The certificate that a run shows to clients from afar.</summary>
internal static class Certificates
{
    /// <summary>True when OpenSSL is here. The runtime doesn't refuse without it, it aborts.</summary>
    public static bool HaveOpenSsl { get; } =
        Array.Exists(["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0"], name => NativeLibrary.TryLoad(name, out _));

    /// <summary>The user's, or one made for this run.</summary>
    /// <exception cref="SandboxException">It can't be had.</exception>
    public static X509Certificate2 For(RemoteOptions options)
    {
        if (!HaveOpenSsl)
            throw new SandboxException("--listen needs OpenSSL (libssl.so.3), which is not installed here; nothing was run");
        try
        {
            return options.Certificate is { } file ? X509Certificate2.CreateFromPemFile(file, options.Key) : Make();
        }
        catch (Exception bad) when (bad is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SandboxException($"--tls-cert {options.Certificate}: {bad.Message}; nothing was run");
        }
    }

    /// <summary>Its SHA-256, in lower-case hexadecimal.</summary>
    public static string FingerprintOf(X509Certificate certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static X509Certificate2 Make()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=sandgate", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
    }
}
