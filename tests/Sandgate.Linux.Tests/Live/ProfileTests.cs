namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// Each profile with the program that it is for: honest work gives what it gives natively, and an attack
/// that works natively doesn't. The home is none, and not in /tmp, which is writable under most profiles.
/// </summary>
[Collection(nameof(Alone))]
public class ProfileTests
{
    /// <summary>Work and attack are lines of bash in the project; @ is where Sandgate comes in, or nothing.</summary>
    private sealed record Job(string Profile, string Work, string Attack)
    {
        /// <summary>Prepares the project.</summary>
        public string SetUp { get; init; } = "";

        /// <summary>Shows what the work brought about.</summary>
        public string Outcome { get; init; } = "true";

        /// <summary>Prints what the attack brought about; nothing when it failed.</summary>
        public string Damage { get; init; } = Stolen + Planted;
    }

    private const string
        Stolen = "grep -rls THE-SECRET . ; ",
        Planted = "grep -h owned ~/.bashrc; find ~/owned ~/.config/* 2>/dev/null; ",

        // What a program does that means harm, whatever started it.
        Evil = """
            import os, socket
            home = os.environ["HOME"]
            def attempt(action):
                try:
                    action()
                except OSError:
                    pass
            def steal(way):
                open("loot", "ab").write(open(way, "rb").read())
            attempt(lambda: steal(home + "/.ssh/id_ed25519"))
            attempt(lambda: (os.link(home + "/.ssh/id_ed25519", "hard"), steal("hard")))
            attempt(lambda: (os.symlink(home + "/.ssh", "soft"), steal("soft/id_ed25519")))
            attempt(lambda: open(home + "/.bashrc", "a").write("owned\n"))
            attempt(lambda: (open("new", "w").write("owned\n"), os.rename("new", home + "/.bashrc")))
            attempt(lambda: os.makedirs(home + "/.config/autostart"))
            def call():
                with socket.create_server(("127.0.0.1", 0)) as server:
                    socket.create_connection(server.getsockname(), 2).close()
                open("called", "w").write("THE" + "-SECRET by network\n")
            attempt(call)
            """,
        WriteEvil = $"cat > evil.py <<'END'\n{Evil}\nEND\n";

    private static readonly Dictionary<string, Job> s_jobs = new()
    {
        ["no-network"] = new("no-network", "@ /usr/bin/python3 -c 'import socket; a, b = socket.socketpair(); a.send(b\"hi\"); print(b.recv(9))'", "@ /usr/bin/python3 evil.py")
        {
            SetUp = WriteEvil,
            Damage = "cat called",
        },
        ["walled"] = new("walled", "@ /usr/bin/python3 -c 'open(\"made\", \"w\").write(open(\"keep.txt\").read())' && @ sh -c 'cat made | tr a-z A-Z'", "@ /usr/bin/python3 evil.py")
        {
            SetUp = "echo work > keep.txt\n" + WriteEvil,
            Outcome = "cat made",
            Damage = Stolen + Planted + "cat called",
        },
        ["read-only"] = new("read-only", "@ find . -name '*.txt' -exec cat {} + > /dev/null && @ cat keep.txt | @ tr a-z A-Z", "@ /usr/bin/python3 change.py")
        {
            SetUp = """
                echo mine > keep.txt
                cat > change.py <<'END'
                import os
                for change in [
                    lambda: open("keep.txt", "a").write("x"), lambda: os.open("made", os.O_CREAT), lambda: os.open("keep.txt", os.O_TRUNC), lambda: os.truncate("keep.txt", 1),
                    lambda: os.open(".", os.O_TMPFILE | os.O_RDWR), lambda: os.mkdir("dir"), lambda: os.mkfifo("fifo"), lambda: os.symlink("a", "soft"), lambda: os.link("keep.txt", "hard"),
                    lambda: os.chmod("keep.txt", 0), lambda: os.utime("keep.txt", (1, 1)), lambda: os.setxattr("keep.txt", "user.x", b"y"), lambda: os.rename("keep.txt", "kept.txt"), lambda: os.unlink("change.py")]:
                    try:
                        change()
                        print(change.__code__.co_names)
                    except OSError:
                        pass
                END
                find . -printf '%p %m %s %T@ %y\n' | sort > ~/before
                """,
            Damage = "find . -printf '%p %m %s %T@ %y\\n' | sort | diff - ~/before",
        },
        ["no-secrets"] = new("no-secrets", "@ cat in ~/.ssh.txt; @ ls -d ~/.ssh > /dev/null", "@ /usr/bin/python3 evil.py; @ bash -c 'cat ~/.*_history; mv ~/.ssh x && cat x/*; mv ~/.config y && cat y/gh/*' > loot2")
        {
            SetUp = "echo hello > in; echo notes > ~/.ssh.txt; echo THE-SECRET > ~/.bash_history; mkdir -p ~/.config/gh; echo THE-SECRET > ~/.config/gh/hosts.yml\n" + WriteEvil.Replace("-SECRET by", "", StringComparison.Ordinal),
            Damage = Stolen,
        },
        ["no-persistence"] = new("no-persistence", "@ bash -c 'echo x > ~/notes; mkdir -p ~/a/b; cat ~/.bashrc ~/notes'", "@ /usr/bin/python3 evil.py")
        {
            SetUp = WriteEvil,
            Damage = Planted,
        },
        ["no-exec"] = new("no-exec", "@ awk 'BEGIN { print 6 * 7 }'", "@ awk 'BEGIN { system(\"touch owned\"); \"echo owned\" | getline x; print x > \"owned2\"; if (x) print x > \"owned\" }'")
        {
            Damage = "ls owned",
        },
        ["workdir"] = new("workdir", "@ bash -c 'mkdir -p a/b && echo x > a/b/c && mv a/b/c d && sort d > >(cat) && T=$(mktemp) && cp d $T && chmod 600 $T && rm $T && echo done > /dev/stdout'",
            "@ /usr/bin/python3 evil.py; @ bash -c 'ln -s ~ up; : > up/owned; ln ~/.bashrc here && echo owned >> here; cd ~ && : > owned; mv project/x .'")
        {
            SetUp = "echo owned > x\n" + WriteEvil,
            Outcome = "cat d",
            Damage = Planted,
        },
        ["make"] = new("build", "@ make -s && ./hello", "@ make -s evil")
        {
            SetUp = """
                echo '#include <stdio.h>
                int main(void) { puts("hello"); return 0; }' > hello.c
                printf 'hello: hello.c\n\t$(CC) -O -o $@ $<\nevil:\n\t-/usr/bin/python3 evil.py\n\t-@cat ~/.ssh/id_ed25519 > loot\n' > Makefile

                """ + WriteEvil,
            Outcome = "file -b hello 2>/dev/null | cut -c1-20; ls",
        },
        ["cmake and ninja"] = new("build", "@ cmake -G Ninja -B out . > log 2>&1 && @ ninja -C out >> log && out/hello", "@ cmake -DEVIL=ON -G Ninja -B out2 .")
        {
            SetUp = """
                echo 'int puts(const char *); int main(void) { puts("hello"); return 0; }' > hello.c
                echo 'cmake_minimum_required(VERSION 3.10)
                project(hello C)
                if(EVIL)
                  execute_process(COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/evil.py WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
                endif()
                add_executable(hello hello.c)' > CMakeLists.txt

                """ + WriteEvil,
        },
        ["npm"] = new("npm", "@ npm install --offline --no-audit --no-fund --silent ./honest.tgz", "@ npm install --offline --no-audit --no-fund --silent ./hostile.tgz")
        {
            SetUp = WriteEvil + """

                echo '{ "name": "project", "version": "1.0.0", "private": true }' > package.json
                for kind in honest hostile; do
                  mkdir -p $kind/package
                  echo 'module.exports = 42;' > $kind/package/index.js
                  cp evil.py $kind/package 2>/dev/null
                done
                echo '{ "name": "honest", "version": "1.0.0", "scripts": { "install": "node -e 0 && echo built > built" } }' > honest/package/package.json
                echo '{ "name": "hostile", "version": "1.0.0", "scripts": { "install": "/usr/bin/python3 evil.py" } }' > hostile/package/package.json
                for kind in honest hostile; do tar -C $kind -czf $kind.tgz package; rm -r $kind; done
                rm evil.py
                """,
            Outcome = "node -p 'require(\"honest\")'; cat node_modules/honest/built; ls ~/.npm | grep -v _logs",
        },
        ["pip"] = new("pip", "@ /usr/bin/python3 -m pip install -q --no-index --target site ./honest", "@ /usr/bin/python3 -m pip install -q --no-index --target site2 ./hostile")
        {
            // A package that brings its own builder: nothing has to be downloaded.
            SetUp = WriteEvil + """

                for kind in honest hostile; do
                  mkdir $kind
                  printf '[project]\nname = "%s"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "builder"\nbackend-path = ["."]\n' $kind > $kind/pyproject.toml
                  cat > $kind/builder.py <<END
                import os, zipfile
                if "$kind" == "hostile":
                    exec(open("../evil.py").read() if os.path.exists("../evil.py") else open("$PWD/evil.py").read())
                def build_wheel(directory, config_settings=None, metadata_directory=None):
                    name = "$kind-1.0-py3-none-any.whl"
                    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
                        wheel.writestr("$kind.py", "answer = 42\n")
                        wheel.writestr("$kind-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: $kind\nVersion: 1.0\n")
                        wheel.writestr("$kind-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                        wheel.writestr("$kind-1.0.dist-info/RECORD", "")
                    return name
                END
                done
                """,
            Outcome = "PYTHONPATH=site /usr/bin/python3 -c 'import honest; print(honest.answer)'",
        },
        ["dotnet"] = new("dotnet", "@ dotnet build -v quiet -nodeReuse:false -o out hello/hello.csproj > log 2>&1 && dotnet out/hello.dll", "@ dotnet msbuild -nodeReuse:false -v:quiet hello/hello.csproj -t:Evil")
        {
            SetUp = WriteEvil + """

                mkdir hello
                echo 'System.Console.WriteLine("hello");' > hello/hello.cs
                echo '<Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><UseAppHost>false</UseAppHost><NuGetAudit>false</NuGetAudit></PropertyGroup>
                  <Target Name="Evil"><Exec Command="/usr/bin/python3 evil.py" WorkingDirectory=".." /></Target>
                </Project>' > hello/hello.csproj
                echo '<configuration><packageSources><clear /></packageSources></configuration>' > nuget.config
                """,
            Outcome = "ls out",
        },
        ["git"] = new("git", "@ git clone -q file://$PWD/theirs copy 2>/dev/null && cd copy && echo x > new && @ git add new && @ git -c user.name=a -c user.email=b commit -qm new && @ git log --format=%s", "@ git -C theirs status")
        {
            SetUp = """
                git init -q theirs
                echo hello > theirs/file
                git -C theirs add file
                git -C theirs -c user.name=a -c user.email=b commit -qm first
                git -C theirs config core.fsmonitor 'echo owned > ~/owned; cat ~/.ssh/id_ed25519 > loot; false'
                """,
            Outcome = "ls copy; git -C copy fsck",
        },
        ["git hooks"] = new("git", "@ git log --format=%s", "@ git checkout -q -b other")
        {
            SetUp = """
                git init -q .
                git -c user.name=a -c user.email=b commit -q --allow-empty -m first
                printf '#!/bin/sh\necho owned > ~/owned\n' > .git/hooks/post-checkout
                chmod +x .git/hooks/post-checkout
                """,
        },
        ["ai-agent"] = new("ai-agent", "@ bash -c 'sed -i s/one/two/ code.py && /usr/bin/python3 code.py && git add -A && git -c user.name=a -c user.email=b commit -qm two && git log --format=%s'",
            "@ /usr/bin/python3 evil.py; @ bash -c 'printf \"#!/bin/sh\\necho owned > ~/owned\\n\" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit'; git -c user.name=a -c user.email=b commit -q --allow-empty -m x")
        {
            SetUp = "git init -q --template= .; mkdir .git/hooks; echo 'print(\"one\")' > code.py\n" + WriteEvil.Replace("-SECRET by", "", StringComparison.Ordinal),
        },
        ["untrusted-binary"] = new("untrusted-binary", "@ ./sample work", "@ ./sample")
        {
            SetUp = WriteEvil + """

                setsid sleep 20 > /dev/null 2>&1 < /dev/null &
                echo $! > bystander
                cat > sample.c <<'END'
                #define _GNU_SOURCE
                #include <sched.h>
                #include <signal.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <sys/ptrace.h>
                #include <sys/syscall.h>
                #include <unistd.h>
                int main(int count, char **words)
                {
                    FILE *file = fopen("result", "w");
                    fputs("42\n", file);
                    fclose(file);
                    kill(getpid(), 0);
                    if (count > 1)
                        return 0;
                    int bystander = atoi(fgets((char[20]){0}, 20, fopen("bystander", "r")));
                    if (ptrace(PTRACE_SEIZE, bystander, 0, 0) == 0)
                        fputs("traced\n", fopen("traced", "w"));
                    kill(bystander, SIGKILL);
                    if (syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0) >= 0)
                        fputs("namespace\n", fopen("traced", "a"));
                    return system("/usr/bin/python3 evil.py");
                }
                END
                gcc -o sample sample.c
                """,
            Outcome = "cat result",
            Damage = "cat traced; grep -q sleep /proc/$(cat bystander)/cmdline || echo killed; " + Stolen + Planted,
        },
        ["media"] = new("media", "@ sox -n tone.wav synth 0.1 sine 440 && @ sox tone.wav -r 8000 small.wav && @ soxi -r small.wav", "@ sox list.m3u out.wav")
        {
            SetUp = "echo '|cat ~/.ssh/id_ed25519 > loot; echo owned > ~/owned; sox -n -p synth 0.1 sine 440' > list.m3u",
            Outcome = "md5sum tone.wav",
        },
        ["archive"] = new("archive", "@ tar xzf good.tgz && @ tar xf good.tar.xz -C other && @ unzip -q good.zip -d third", "@ tar xPf evil.tar; @ tar --checkpoint=1 --checkpoint-action=exec='cat ~/.ssh/id_ed25519 > loot' -xf evil.tar")
        {
            SetUp = """
                mkdir -p good/sub other third
                echo hello > good/file
                ln -s ../file good/sub/link
                tar czf good.tgz good
                tar cJf good.tar.xz good
                /usr/bin/python3 -c 'import zipfile; zipfile.ZipFile("good.zip", "w").writestr("a/b", "c")'
                rm -r good
                /usr/bin/python3 - <<'END'
                import io, os, tarfile
                with tarfile.open("evil.tar", "w") as tar:
                    link = tarfile.TarInfo("innocent")
                    link.type, link.linkname = tarfile.SYMTYPE, os.environ["HOME"] + "/.ssh"
                    tar.addfile(link)
                    for name in ["../.bashrc", "good"]:
                        member = tarfile.TarInfo(name)
                        member.size = 6
                        tar.addfile(member, io.BytesIO(b"owned\n"))
                END
                """,
            Outcome = "find good other third -printf '%p %m %y %l\\n' | sort; cat good/sub/link",
            Damage = "cat innocent/id_ed25519; " + Stolen + Planted,
        },
        ["pdf"] = new("pdf", "@ pdftotext page.pdf page.txt && cat page.txt", "@ pdftotext page.pdf ~/.bashrc")
        {
            SetUp = """
                /usr/bin/python3 - <<'END'
                text = b"BT /F1 24 Tf 72 700 Td (owned) Tj ET"
                parts = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                         b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
                         b"<</Length %d>>stream\n%s\nendstream" % (len(text), text), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
                out, at = b"%PDF-1.4\n", []
                for n, part in enumerate(parts, 1):
                    at.append(len(out))
                    out += b"%d 0 obj%s endobj\n" % (n, part)
                start = len(out)
                out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % a for a in at)
                open("page.pdf", "wb").write(out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)
                END
                """,
        },
        ["http.server"] = new("web-server", "bash serve.sh index.html @", "bash serve.sh shortcut @ > got")
        {
            SetUp = """
                echo hello > index.html
                ln -s ~/.ssh/id_ed25519 shortcut
                cat > serve.sh <<'END'
                page=$1
                shift
                "$@" /usr/bin/python3 -um http.server -b 127.0.0.1 0 > ../log 2>&1 &
                for i in {1..100}; do
                  port=$(grep -so 'port [0-9]*' ../log | cut -d' ' -f2) && [ -n "$port" ] && break
                  sleep 0.05
                done
                /usr/bin/python3 -c "import sys, urllib.request as r; print(r.urlopen('http://127.0.0.1:$port/$page').read().decode(), end='')" 2> /dev/null
                kill $!
                wait
                END
                """,
            Damage = "grep -hs THE-SECRET got",
        },
        ["nginx"] = new("web-server", "bash serve.sh / @", "bash serve.sh /shortcut @ > got; bash serve.sh /inner/ @ >> got")
        {
            // The second attack makes the server ask another one that only it can reach.
            SetUp = """
                mkdir logs
                echo hello > index.html
                ln -s ~/.ssh/id_ed25519 shortcut
                cat > template <<END
                user root;
                daemon off;
                worker_processes 1;
                pid logs/nginx.pid;
                error_log logs/error.log;
                events { }
                http {
                  access_log off;
                  client_body_temp_path logs; proxy_temp_path logs; fastcgi_temp_path logs; uwsgi_temp_path logs; scgi_temp_path logs;
                  server {
                    listen 127.0.0.1:PORT;
                    root $PWD;
                    location /inner/ { proxy_pass http://127.0.0.1:PORT/secret/; }
                    location /secret/ { return 200 THE-SECRET; }
                  }
                }
                END
                cat > serve.sh <<'END'
                page=$1
                shift
                port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
                sed "s/PORT/$port/" template > nginx.conf
                "$@" /usr/sbin/nginx -e logs/error.log -p "$PWD" -c "$PWD/nginx.conf" 2> logs/said &
                for i in {1..100}; do
                  (: < /dev/tcp/127.0.0.1/$port) 2> /dev/null && break
                  sleep 0.05
                done
                /usr/bin/python3 -c "import sys, urllib.request as r; print(r.urlopen('http://127.0.0.1:$port$page').read().decode(), end='')" 2> /dev/null
                kill $!
                wait
                END
                """,
            Damage = "grep -hs THE-SECRET got",
        },
        ["strict"] = new("strict", "@ seq 3 && @ printf '%05d\\n' 42 && echo x | @ tr x y && @ awk 'BEGIN { print sqrt(2) }' && echo z > in && @ cat < in > out", "@ cat private > loot; @ cp private copy; @ awk 'BEGIN { system(\"touch owned\") }'; @ bash -c 'read -r x < private; echo $x' > loot2")
        {
            SetUp = "echo hidden > private",
            Outcome = "cat out",
            Damage = "grep -hs hidden loot loot2; ls copy owned 2>/dev/null",
        },
    };

    public static TheoryData<string> Jobs => [.. s_jobs.Keys];

    [Fact]
    public void Every_profile_that_refuses_anything_has_a_job()
    {
        IEnumerable<string> refusing = ProfileFileTests.Names.Select(n => n.Data).Where(n => n != "default");
        Assert.Empty(refusing.Except(s_jobs.Values.Select(j => j.Profile)));
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task Work_is_as_it_is_natively_and_an_attack_fails(string name)
    {
        Job job = s_jobs[name];
        Task<Played> native = Task.Run(() => Play(job, null), TestContext.Current.CancellationToken);
        Played held = await Task.Run(() => Play(job, job.Profile), TestContext.Current.CancellationToken), free = await native;
        Assert.True(free.Work.Status == 0 && held.Work.Status == 0, $"natively {free.Work}\nunder {job.Profile} {held.Work}");
        Assert.Equal(free.Work.Out, held.Work.Out);
        Assert.Equal(free.Outcome, held.Outcome);
        Assert.True(free.Damage.Length > 0, $"natively nothing happened: {free.Attack}");
        Assert.True(held.Damage.Length == 0, $"under {job.Profile}: {held.Damage}\n{held.Attack}");
        Assert.True(held.Attack.Denials.Length > 0 || job.Profile == "web-server", $"nothing was denied: {held.Attack}");
    }

    private sealed record Played(Result Work, string Outcome, Result Attack, string Damage);

    private static Played Play(Job job, string? profile)
    {
        using House house = new(job.SetUp);
        Result work = house.Do(job.Work, profile);
        string outcome = house.Do(job.Outcome).Out;
        Result attack = house.Do(job.Attack, profile);
        return new(work, outcome, attack, house.Do(job.Damage).Out);
    }
}
