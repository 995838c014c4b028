# Everything that connect, bind and the sending calls can mean, with results that are the same each time.
import socket,os,threading,signal,time,errno,struct,sys,array
out=[]
def p(*a): print(*a, flush=True)
# tcp server thread
ls=socket.socket(); ls.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); ls.bind(('127.0.0.1',0)); ls.listen(8); port=ls.getsockname()[1]
def serve():
    while True:
        c,_=ls.accept()
        def h(c):
            n=0
            while True:
                d=c.recv(65536)
                if not d: break
                n+=len(d)
            c.close()
            res.append(n)
        threading.Thread(target=h,args=(c,),daemon=True).start()
res=[]
threading.Thread(target=serve,daemon=True).start()
c=socket.create_connection(('127.0.0.1',port)); data=os.urandom(7<<20); c.sendall(data); c.shutdown(1); 
while not res: time.sleep(.01)
p('tcp',res[0]==len(data)); c.close()
# nonblocking
c=socket.socket(); c.setblocking(False); p('nb',errno.errorcode.get(c.connect_ex(('127.0.0.1',port)),0) in ('EINPROGRESS',0))
time.sleep(.05); p('nb2', c.connect_ex(('127.0.0.1',port)) in (0,errno.EISCONN)); c.close()
c=socket.socket(); p('refused', errno.errorcode[c.connect_ex(('127.0.0.1',1))])
# single big send blocking returns all
c=socket.create_connection(('127.0.0.1',port)); res.clear(); p('bigsend', c.send(data)==len(data)); c.sendmsg([b'abc',b'def',b'']); c.close()
while len(data)+6 not in res: time.sleep(.01)
p('bigsend2')
# sigpipe/epipe
a,b=socket.socketpair(); b.close()
try: a.send(b'x')
except OSError as e: p('epipe',e.errno==errno.EPIPE)
pid=os.fork()
if pid==0:
    signal.signal(signal.SIGPIPE,signal.SIG_DFL); a.send(b'x'); os._exit(0)
p('sigpipe',os.waitpid(pid,0)[1])
pid=os.fork()
if pid==0:
    got=[]; signal.signal(signal.SIGPIPE,lambda *a:got.append(1))
    try: a.send(b'x',socket.MSG_NOSIGNAL)
    except OSError: pass
    n=len(got)
    try: a.send(b'x')
    except OSError: pass
    time.sleep(0.01)
    os._exit(10*n+len(got))
p('sigpipe handler',os.waitpid(pid,0)[1]>>8)
# unix
import tempfile; d=tempfile.mkdtemp(); os.chdir(d)
os.umask(0o27)
for name in ('s1','./s2',d+'/s3','\0abs',''):
    s=socket.socket(socket.AF_UNIX); s.bind(name); s.listen(1)
    nm=s.getsockname(); p('bind',repr(name)[:12] if d not in name else 'abs path', (nm==name or (name and nm.encode()==name.encode()) if isinstance(nm,str) else (nm==name.encode() if name else len(nm)==6)))
    if isinstance(nm,str): p(' mode',oct(os.stat(nm).st_mode), os.stat(nm).st_uid)
    k=socket.socket(socket.AF_UNIX); k.connect(nm); x,_=s.accept()
    pc=struct.unpack('3i',x.getsockopt(socket.SOL_SOCKET,socket.SO_PEERCRED,12)); p(' peercred',pc[1:])
    p(' peername',k.getpeername()==nm)
    k.send(b'hi'); p(' ',x.recv(9))
    # fds
    r,w=os.pipe(); k.sendmsg([b'f'],[(socket.SOL_SOCKET,socket.SCM_RIGHTS,array.array('i',[r,w]))]); m,anc,fl,ad=x.recvmsg(9,100); 
    fds=array.array('i'); fds.frombytes(anc[0][2]); os.write(fds[1],b'through'); p(' rights',os.read(r,99))
    x.setsockopt(socket.SOL_SOCKET,socket.SO_PASSCRED,1); k.send(b'c'); m,anc,fl,ad=x.recvmsg(9,100); 
    p(' passcred',[struct.unpack('3i',a[2])[0]==os.getpid() for a in anc if a[1]==socket.SCM_CREDENTIALS])
    try:
        k.sendmsg([b'e'],[(socket.SOL_SOCKET,socket.SCM_CREDENTIALS,struct.pack('3i',os.getpid(),os.getuid(),os.getgid()))]); x.recvmsg(9,100); p(' scmcred ok')
    except OSError as e: p(' scmcred',e.errno)
try:
    s=socket.socket(socket.AF_UNIX); s.bind('s1')
except OSError as e: p('inuse',errno.errorcode[e.errno])
try:
    s=socket.socket(socket.AF_UNIX); s.bind('nodir/s1')
except OSError as e: p('nodir',errno.errorcode[e.errno])
try:
    s=socket.socket(socket.AF_UNIX); s.connect('nothere')
except OSError as e: p('nothere',errno.errorcode[e.errno])
open('plain','w')
try:
    s=socket.socket(socket.AF_UNIX); s.connect('plain')
except OSError as e: p('plain',errno.errorcode[e.errno])
# dgram unix blocking with full queue + EINTR / restart
r=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); r.bind('dg')
w=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); w.connect('dg')
w.setblocking(False)
n=0
try:
    while True: w.send(b'x'); n+=1
except BlockingIOError: p('full',n>5)
w.setblocking(True)
class I(Exception): pass
def hh(*a): raise I()
signal.signal(signal.SIGALRM,hh); signal.setitimer(signal.ITIMER_REAL,.2)
t=time.time()
try: w.send(b'y')
except I: p('interrupted',.15<time.time()-t<.5)
signal.signal(signal.SIGALRM,lambda *a: p(' handler ran')); signal.siginterrupt(signal.SIGALRM,False); signal.setitimer(signal.ITIMER_REAL,.2)
threading.Timer(.5,lambda:[r.recv(9) for _ in range(3)]).start()
t=time.time(); p('restarted',w.send(b'z'),.4<time.time()-t<.9)
w.setsockopt(socket.SOL_SOCKET,socket.SO_SNDTIMEO,struct.pack('ll',0,200000))
try:
    while True: w.send(b'x')
except BlockingIOError as e: p('sndtimeo',errno.errorcode[e.errno])
# kill while blocked
pid=os.fork()
if pid==0:
    w.setsockopt(socket.SOL_SOCKET,socket.SO_SNDTIMEO,struct.pack('ll',0,0)); signal.signal(signal.SIGTERM,signal.SIG_DFL); w.send(b'x'); os._exit(3)
time.sleep(.2); os.kill(pid,15); t=time.time(); p('killed',os.waitpid(pid,0)[1],time.time()-t<.2)
# stop/cont
pid=os.fork()
if pid==0:
    w.setsockopt(socket.SOL_SOCKET,socket.SO_SNDTIMEO,struct.pack('ll',0,0)); w.send(b'x'); os._exit(3)
time.sleep(.2); os.kill(pid,signal.SIGSTOP); p('stopped',os.waitpid(pid,os.WUNTRACED)[1]); os.kill(pid,signal.SIGCONT); time.sleep(.1); r.recv(9);r.recv(9); p('continued',os.waitpid(pid,0)[1])
# udp
u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); u.bind(('127.0.0.1',0)); v=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
p('udp',v.sendto(b'q'*60000,u.getsockname()),len(u.recv(70000)))
try: v.sendto(b'q'*70000,u.getsockname())
except OSError as e: p('emsgsize',errno.errorcode[e.errno])
v.connect(u.getsockname()); p(v.send(b''),u.recv(10))
v6=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); v6.bind(('::1',0)); v6.sendto(b'6',v6.getsockname()); p('v6',v6.recv(9))
# netlink
nl=socket.socket(socket.AF_NETLINK,socket.SOCK_RAW,0); nl.bind((0,0)); p('nl',nl.getsockname()[0]==os.getpid())
nl.sendto(struct.pack('IHHII B',17,18,0x301,1,0,0),(0,0)); p('nlr',len(nl.recv(65536))>100)
# closing releases port
s=socket.socket(); s.bind(('127.0.0.1',0)); po=s.getsockname()[1]; s.close(); 
ok=0
for i in range(300):
    s=socket.socket(); s.bind(('127.0.0.1',po)); s.close(); ok+=1
p('rebind',ok)
# udp blocking connect EBADF etc
try: socket.socket(fileno=0).connect(('127.0.0.1',1))
except OSError as e: p('notsock',errno.errorcode[e.errno])
p('done'); os._exit(0)
